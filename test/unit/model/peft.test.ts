import { beforeAll, describe, expect, it } from 'vitest';
import { linear } from '../../../src/kernels/linear';
import { readCheckpoint } from '../../../src/model/checkpoint';
import type { ModelConfig } from '../../../src/model/config';
import { parseModelConfig } from '../../../src/model/config';
import { outputHead } from '../../../src/model/head';
import type { HostWeights } from '../../../src/model/host-weights';
import { linearModules } from '../../../src/model/linear-modules';
import { freshLora, LoraError, loraScale, mergedWeights, uploadLora } from '../../../src/model/lora';
import type { Network } from '../../../src/model/network';
import { disposeParameters, loadWeights } from '../../../src/model/parameters';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, readPeftAdapter, writePeftAdapter } from '../../../src/model/peft';
import { readSafetensors, SafetensorsError } from '../../../src/model/safetensors';
import { forwardHidden, uploadBatch } from '../../../src/model/transformer';
import { initBackend, readFloats, tf } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';
import { goldenJson } from '../../support/golden-files';
import { goldenFiles } from '../../support/golden-node';
import { onePath } from './one-tree';

/** One case of test/golden/peft/logits.json, see make_peft.py. */
interface Case {
  adapter: string;
  base: string;
  tokens: number[][];
  logits: number[][][];
}

type Json = Record<string, unknown>;

const cases = await goldenJson<Case[]>(goldenFiles, 'peft/logits.json');

beforeAll(async () => {
  await initBackend('cpu');
});

const filesOf = async (folder: string, names: readonly string[]) =>
  new Map(
    await Promise.all(
      names.map(async (name) => [name, await goldenFiles.bytes(`${folder}/${name}`)] as const),
    ),
  );

const adapterFiles = (folder: string) => filesOf(folder, [ADAPTER_CONFIG, ADAPTER_WEIGHTS]);

const openBase = async (folder: string): Promise<{ config: ModelConfig; weights: HostWeights }> => {
  const files = await filesOf(folder, ['config.json', 'model.safetensors']);
  const config = parseModelConfig(JSON.parse(new TextDecoder().decode(files.get('config.json'))));
  return { config, weights: readCheckpoint(config, files) };
};

const parse = (bytes: Uint8Array | undefined): Json => JSON.parse(new TextDecoder().decode(bytes)) as Json;
const encode = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
const sorted = (value: unknown) => [...(value as string[])].sort();

/** Logits of every position, one sequence at a time. */
const expectLogits = async (network: Network, { tokens, logits }: Case) => {
  for (const [i, sequence] of tokens.entries()) {
    const ours = tf.tidy(() =>
      linear(forwardHidden(network, uploadBatch(onePath(sequence, 1), network.config)), outputHead(network)),
    );
    const expected = logits[i]!.flat();
    const values = await readFloats(ours);
    ours.dispose();
    const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    expect(values).toBeAllclose(expected, { rtol: 0, atol: 1e-5 * largest });
  }
};

describe('an adapter that PEFT saved', () => {
  it.each(cases)('$adapter: logits with it, without it, and merged', async (golden) => {
    const { config, weights } = await openBase(golden.base);
    const { settings, tensors } = readPeftAdapter(await adapterFiles(golden.adapter), linearModules(config));
    const scale = loraScale(settings);
    const base = loadWeights(config, weights, 'f32');
    const adapter = uploadLora(tensors);
    const all = new Map([...base, ...adapter]);
    await expectLogits({ config, weights: all, lora: { scale } }, golden);
    await expect(expectLogits({ config, weights: all }, golden)).rejects.toThrow(/against/);
    await expect(
      expectLogits({ config, weights: all, lora: { scale: scale * 1.001 } }, golden),
    ).rejects.toThrow(/against/);
    const merged = loadWeights(config, mergedWeights(weights, tensors, { scale }), 'f32');
    await expectLogits({ config, weights: merged }, golden);
    for (const map of [base, adapter, merged]) disposeParameters(map);
  });

  it.each(cases)('$adapter: settings as its file says them', async ({ adapter, base }) => {
    const files = await adapterFiles(adapter);
    const { config } = await openBase(base);
    const { settings, baseModel } = readPeftAdapter(files, linearModules(config));
    const json = parse(files.get(ADAPTER_CONFIG));
    expect({ ...settings, targetModules: sorted(settings.targetModules) }).toEqual({
      rank: json['r'],
      alpha: json['lora_alpha'],
      dropout: json['lora_dropout'],
      rsLora: json['use_rslora'],
      targetModules: sorted(json['target_modules']),
    });
    expect(baseModel).toBe(json['base_model_name_or_path']);
  });

  it.each(cases)('$adapter: is written as PEFT writes it', async ({ adapter, base }) => {
    const files = await adapterFiles(adapter);
    const { config } = await openBase(base);
    const read = readPeftAdapter(files, linearModules(config));
    const theirs = parse(files.get(ADAPTER_CONFIG));
    const written = writePeftAdapter(read, {
      baseModel: theirs['base_model_name_or_path'] as string,
      fanInFanOut: theirs['fan_in_fan_out'] as boolean,
    });
    expect([...written.keys()].sort()).toEqual([ADAPTER_CONFIG, ADAPTER_WEIGHTS]);
    const ours = parse(written.get(ADAPTER_CONFIG));
    for (const key of Object.keys(ours)) {
      const [a, b] = [ours[key], theirs[key]];
      if (key === 'target_modules') expect(sorted(a)).toEqual(sorted(b));
      else expect({ [key]: a }).toEqual({ [key]: b });
    }
    const bytes = written.get(ADAPTER_WEIGHTS)!;
    if (adapter === 'peft/half') {
      // Ours are always f32; names, shapes and values are the same.
      const [mine, half] = [bytes, files.get(ADAPTER_WEIGHTS)!].map(
        (b) => readSafetensors(b, 'file').tensors,
      );
      expect([...mine!.keys()].sort()).toEqual([...half!.keys()].sort());
      for (const [name, { shape, data }] of half!) {
        expect(mine!.get(name)!.shape).toEqual(shape);
        expect(mine!.get(name)!.data).toEqual(data);
      }
    } else {
      expect(Buffer.compare(bytes, files.get(ADAPTER_WEIGHTS)!)).toBe(0);
    }
    const again = readPeftAdapter(written, linearModules(config));
    expect(again.settings).toEqual(read.settings);
    expect([...again.tensors.keys()]).toEqual([...read.tensors.keys()]);
  });
});

/** PEFT's rule: a target is a module's name, or the end of it after a dot. In a list it knows no "all-linear". */
const peftMatches = (module: string, target: string) => module === target || module.endsWith(`.${target}`);

describe('writing an adapter', () => {
  it.each([
    [['all-linear'], 14],
    [['q_proj', 'mlp.up_proj'], 4],
    [['model.layers.1.self_attn.v_proj'], 1],
  ])('for %j names modules as PEFT finds them', async (targetModules, count) => {
    const { config } = await openBase('trl/base');
    const modules = linearModules(config);
    const settings = { rank: 2, alpha: 4, dropout: 0, rsLora: false, targetModules };
    const tensors = freshLora(modules, settings, createRng(1));
    expect(tensors.size).toBe(2 * count);
    const json = parse(
      writePeftAdapter({ settings, tensors }, { baseModel: null, fanInFanOut: false }).get(ADAPTER_CONFIG),
    );
    const targets = json['target_modules'] as string[];
    const adapted = [...modules.keys()].filter((module) => targets.some((t) => peftMatches(module, t)));
    expect(
      adapted.flatMap((module) => [`${module}.lora_A.weight`, `${module}.lora_B.weight`]).sort(),
    ).toEqual([...tensors.keys()].sort());
  });
});

describe('reading an adapter', () => {
  const lora = 'trl/batch-lora';
  const open = async () => ({
    files: await adapterFiles(lora),
    modules: linearModules((await openBase('trl/base')).config),
  });
  const withConfig = (files: ReadonlyMap<string, Uint8Array>, change: Json) =>
    new Map([...files, [ADAPTER_CONFIG, encode({ ...parse(files.get(ADAPTER_CONFIG)), ...change })]]);

  it('takes the modules from the tensors where the file has a pattern or "all-linear"', async () => {
    const { files, modules } = await open();
    for (const target of ['all-linear', '.*_proj']) {
      const { settings, tensors } = readPeftAdapter(withConfig(files, { target_modules: target }), modules);
      expect(sorted(settings.targetModules)).toEqual(sorted(modules.keys()));
      expect(tensors.size).toBe(28);
    }
  });

  it('needs only a few fields', async () => {
    const { files, modules } = await open();
    const bare = { peft_type: 'LORA', r: 4, lora_alpha: 8 };
    const { settings } = readPeftAdapter(new Map([...files, [ADAPTER_CONFIG, encode(bare)]]), modules);
    expect(settings).toMatchObject({ rank: 4, alpha: 8, dropout: 0, rsLora: false });
  });

  it.each<[Json, RegExp]>([
    [{ peft_type: 'IA3' }, /peft_type.*IA3.*LORA/],
    [{ use_dora: true }, /use_dora/],
    [{ bias: 'all' }, /bias.*all/],
    [{ lora_bias: true }, /lora_bias/],
    [{ modules_to_save: ['lm_head'] }, /modules_to_save/],
    [{ rank_pattern: { q_proj: 2 } }, /q_proj.*\[4,32\].*\[2,32\].*r = 2/],
    [{ alpha_pattern: { '(q_proj)+': 2 } }, /alpha_pattern.*\(q_proj\)\+.*not evaluated/],
    [{ r: 0 }, /\br\b/],
    [{ r: 2.5 }, /\br\b/],
    [{ r: 8 }, /\[4,32\].*\[8,32\].*r = 8/],
    [{ lora_alpha: 'much' }, /lora_alpha/],
    [{ target_modules: ['q_proj'] }, /target_modules/],
    [{ target_modules: ['q_proj', 'qproj'] }, /down_proj.*target_modules/],
  ])('refuses %j', async (change, reason) => {
    const { files, modules } = await open();
    const read = () => readPeftAdapter(withConfig(files, change), modules);
    expect(read).toThrow(LoraError);
    expect(read).toThrow(reason);
  });

  it('says which file is missing, and what an old one is', async () => {
    const { files, modules } = await open();
    const only = (name: string) => new Map([[name, files.get(name)!]]);
    expect(() => readPeftAdapter(only(ADAPTER_WEIGHTS), modules)).toThrow(/adapter_config\.json/);
    expect(() => readPeftAdapter(only(ADAPTER_CONFIG), modules)).toThrow(/adapter_model\.safetensors/);
    const old = new Map([...only(ADAPTER_CONFIG), ['adapter_model.bin', new Uint8Array(4)]]);
    expect(() => readPeftAdapter(old, modules)).toThrow(/adapter_model\.bin.*safetensors/);
  });

  it('refuses an adapter of another model', async () => {
    const { files } = await open();
    const other = linearModules((await openBase('peft/gpt2-base')).config);
    expect(() => readPeftAdapter(files, other)).toThrow(/layers\.0.*another model/);
    const narrow = linearModules(
      parseModelConfig({ ...(await goldenJson<Json>(goldenFiles, 'trl/base/config.json')), hidden_size: 16 }),
    );
    expect(() => readPeftAdapter(files, narrow)).toThrow(/\[4,32\].*\[4,16\]/);
  });

  it('refuses weights that are cut off', async () => {
    const { files, modules } = await open();
    const bytes = files.get(ADAPTER_WEIGHTS)!;
    const cut = new Map([...files, [ADAPTER_WEIGHTS, bytes.slice(0, bytes.length - 100)]]);
    expect(() => readPeftAdapter(cut, modules)).toThrow(SafetensorsError);
  });
});
