import { beforeAll, describe, expect, it } from 'vitest';
import { linear } from '../../../src/kernels/linear';
import { readCheckpoint } from '../../../src/model/checkpoint';
import { parseModelConfig } from '../../../src/model/config';
import { outputHead } from '../../../src/model/head';
import type { HostWeights } from '../../../src/model/host-weights';
import { linearModules } from '../../../src/model/linear-modules';
import type { LoraScale } from '../../../src/model/lora';
import { LoraError, loraScales, loraShapes, mergedWeights, uploadLora } from '../../../src/model/lora';
import type { Weights } from '../../../src/model/network';
import { disposeParameters, loadWeights } from '../../../src/model/parameters';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, readPeftAdapter, writePeftAdapter } from '../../../src/model/peft';
import { SafetensorsError } from '../../../src/model/safetensors';
import { forwardHidden, uploadBatch } from '../../../src/model/transformer';
import { unwrappedName } from '../../../src/model/wrapped-names';
import { writeSafetensors } from '../../../src/model/write-safetensors';
import { initBackend, readFloats, tf } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';
import { goldenFiles } from '../../support/golden-node';
import { onePath } from './one-tree';

type Json = Record<string, unknown>;

const parse = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes)) as Json;
const base = new Map([
  ['config.json', await goldenFiles.bytes('trl/base/config.json')],
  ['model.safetensors', await goldenFiles.bytes('trl/base/model.safetensors')],
]);
const config = parseModelConfig(parse(base.get('config.json')));
const modules = linearModules(config);
const attention = (layer: number, ...parts: string[]) =>
  parts.map((p) => `model.layers.${layer}.self_attn.${p}`);

beforeAll(async () => {
  await initBackend('cpu');
});

/** What PEFT would have saved for these modules, their names changed by `named`. */
const files = (
  found: readonly string[],
  change: Json = {},
  named: (name: string) => string = (name) => `base_model.model.${name}`,
  rankOf: (module: string) => number = () => 2,
) => {
  const rng = createRng(5);
  const tensors = found.flatMap((module) => {
    const shapes = loraShapes(modules, { rank: rankOf(module), targetModules: [module] });
    return [...shapes].map(([name, shape]) => {
      const own = rng.fork(name);
      const data = Float32Array.from({ length: shape[0]! * shape[1]! }, () => 0.3 * own.normal());
      return [named(name), { shape, data }] as const;
    });
  });
  const json = { peft_type: 'LORA', r: 2, lora_alpha: 6, target_modules: ['q_proj', 'v_proj'], ...change };
  return new Map([
    [ADAPTER_CONFIG, new TextEncoder().encode(JSON.stringify(json))],
    [ADAPTER_WEIGHTS, writeSafetensors(tensors)],
  ]);
};

/** Written and read again: what is adapted, and how the file names it. */
const roundTrip = (given: Map<string, Uint8Array>) => {
  const read = readPeftAdapter(given, modules);
  const written = writePeftAdapter(read, { baseModel: null, fanInFanOut: false });
  const again = readPeftAdapter(written, modules);
  expect(again.settings).toEqual(read.settings);
  for (const [name, { data }] of read.tensors) expect(again.tensors.get(name)!.data).toEqual(data);
  return { read, json: parse(written.get(ADAPTER_CONFIG)) };
};

const adapted = (tensors: HostWeights) => [
  ...new Set([...tensors.keys()].map((name) => name.replace(/\.lora_[AB]\.weight$/, ''))),
];

describe('adapters on some modules', () => {
  const last = attention(1, 'q_proj', 'v_proj');
  it.each<[string, Json, string[], string[]]>([
    ['a list of layers', { layers_to_transform: [1] }, last, last],
    ['one layer', { layers_to_transform: 1, layers_pattern: 'layers' }, last, last],
    [
      'every layer by number',
      { layers_to_transform: [0, 1] },
      [...attention(0, 'q_proj', 'v_proj'), ...last],
      ['q_proj', 'v_proj'],
    ],
    [
      'whole names',
      { target_modules: attention(0, 'k_proj') },
      attention(0, 'k_proj'),
      attention(0, 'k_proj'),
    ],
    ['a pattern', { target_modules: '.*layers\\.1.*\\.(q|v)_proj$' }, last, last],
    [
      'a pattern that is not evaluated',
      { target_modules: '(?:.*?x)*.*|.*q_proj' },
      attention(1, 'q_proj'),
      attention(1, 'q_proj'),
    ],
    [
      'excluded names',
      { exclude_modules: ['layers.0.self_attn.q_proj'] },
      [...attention(0, 'v_proj'), ...last],
      [...attention(0, 'v_proj'), ...last],
    ],
    ['an excluding pattern', { exclude_modules: '.*0\\.self_attn.*' }, last, last],
    [
      'targets that this model has not',
      { target_modules: ['q_proj', 'query_key_value'] },
      [...attention(0, 'q_proj'), ...attention(1, 'q_proj')],
      ['q_proj'],
    ],
  ])('%s', (_, change, found, targets) => {
    const { read, json } = roundTrip(files(found, change));
    expect(adapted(read.tensors).sort()).toEqual([...found].sort());
    expect(read.settings.targetModules).toEqual(targets);
    expect(json['target_modules']).toEqual(targets);
    expect(json['layers_to_transform']).toBeNull();
  });

  it.each<[string, Json, string[], RegExp]>([
    [
      'a layer that it does not choose',
      { layers_to_transform: [1] },
      attention(0, 'q_proj', 'v_proj'),
      /layers\.0\.self_attn\.q_proj.*layers_to_transform/,
    ],
    ['too few', { layers_to_transform: [0, 1] }, last, /no tensor for "model\.layers\.0\.self_attn\.q_proj"/],
    ['none', {}, [], /holds no tensor/],
  ])('refuses a file that holds %s', (_, change, found, reason) => {
    expect(() => readPeftAdapter(files(found, change), modules)).toThrow(LoraError);
    expect(() => readPeftAdapter(files(found, change), modules)).toThrow(reason);
  });
});

describe('names that training programs leave behind', () => {
  const found = [...attention(0, 'q_proj', 'v_proj'), ...attention(1, 'q_proj', 'v_proj')];
  it.each<[string, (name: string) => string]>([
    ['a compiled model', (name) => `base_model.model._orig_mod.${name}`],
    ['a compiled adapter', (name) => `_orig_mod.base_model.model.${name}`],
    ['compiled layers', (name) => `base_model.model.${name.replace(/layers\.\d+/, '$&._orig_mod')}`],
    [
      'FSDP over checkpointed layers',
      (name) =>
        `_fsdp_wrapped_module.base_model.model.${name.replace(/layers\.\d+/, '$&._fsdp_wrapped_module._checkpoint_wrapped_module')}`,
    ],
    ['DataParallel', (name) => `module.base_model.model.${name}`],
    ['an adapter with a name', (name) => `base_model.model.${name.replace('.weight', '.policy.weight')}`],
    ['a model wrapped twice', (name) => `base_model.model.base_model.model.${name}`],
    ['a bare model', (name) => `base_model.model.${name.replace(/^model\./, '')}`],
    ['no prefix', (name) => name],
  ])('%s', (_, named) => {
    const { tensors } = readPeftAdapter(files(found, {}, named), modules);
    const plain = readPeftAdapter(files(found), modules).tensors;
    expect([...tensors.keys()]).toEqual([...plain.keys()]);
    for (const [name, { data }] of plain) expect(tensors.get(name)!.data).toEqual(data);
  });

  it('keeps names that only look alike', () => {
    expect(unwrappedName('model.module.weight')).toBe('model.module.weight');
    expect(unwrappedName('model.my_orig_mod.weight')).toBe('model.my_orig_mod.weight');
  });

  it('refuses two adapters in one file', () => {
    const [one] = files(found).values();
    const shape = [2, 32];
    const data = new Float32Array(64);
    const name = (own: string) => `base_model.model.${found[0]}.lora_A.${own}.weight`;
    const two = writeSafetensors([
      [name('a'), { shape, data }],
      [name('b'), { shape, data }],
    ]);
    const read = () =>
      readPeftAdapter(
        new Map([
          [ADAPTER_CONFIG, one!],
          [ADAPTER_WEIGHTS, two],
        ]),
        modules,
      );
    expect(read).toThrow(/q_proj\.lora_A\.weight" twice.*lora_A\.b\./);
  });
});

describe('beginnings of an adapter', () => {
  const found = [...attention(0, 'q_proj', 'v_proj'), ...attention(1, 'q_proj', 'v_proj')];
  it.each([true, false, null, 'gaussian', 'eva', 'orthogonal'])('%s leaves the model as it is', (init) => {
    const given = files(found, { init_lora_weights: init, eva_config: { rho: 2 } });
    expect(readPeftAdapter(given, modules).tensors.size).toBe(8);
  });

  it.each(['pissa', 'pissa_niter_16', 'PiSSA', 'olora', 'corda', 'loftq', 'lora_ga'])(
    '%s is refused',
    (init) => {
      const read = () => readPeftAdapter(files(found, { init_lora_weights: init }), modules);
      expect(read).toThrow(LoraError);
      expect(read).toThrow(
        new RegExp(
          `init_lora_weights is "${init}".*model's own weights.*path_initial_model_for_weight_conversion`,
        ),
      );
    },
  );

  it.each<[Json, RegExp]>([
    [{ init_lora_weights: 'mica' }, /init_lora_weights is "mica".*not known here/],
    [{ kasa_config: { beta: 1e-4 } }, /kasa_config/],
    [{ use_bdlora: { nblocks: 2 } }, /use_bdlora/],
    [{ use_something_new: true }, /use_something_new/],
  ])('%j is refused by name', (change, reason) => {
    expect(() => readPeftAdapter(files(found, change), modules)).toThrow(reason);
  });
});

describe('ranks and alphas by module', () => {
  const found = [...attention(0, 'q_proj', 'v_proj'), ...attention(1, 'q_proj', 'v_proj')];
  const [q0, v0, q1, v1] = found as [string, string, string, string];
  const given = (change: Json = {}) =>
    files(
      found,
      {
        rank_pattern: { v_proj: 3 },
        alpha_pattern: { '^model.layers.1.*q_proj': 12, 'layers.1.self_attn.v_proj': 3 },
        ...change,
      },
      undefined,
      (module) => (module.endsWith('v_proj') ? 3 : 2),
    );

  it('are scaled as PEFT scales them, and written for it', () => {
    const { read, json } = roundTrip(given());
    expect(loraScales(read.settings)).toEqual({
      scale: 3, // 6 / 2
      scales: new Map([
        [v0, 2], // 6 / 3
        [q1, 6], // 12 / 2
        [v1, 1], // 3 / 3
      ]),
    });
    expect(json['rank_pattern']).toEqual({ [v0]: 3, [q1]: 2, [v1]: 3 });
    expect(json['alpha_pattern']).toEqual({ [v0]: 6, [q1]: 12, [v1]: 3 });
    const rooted = readPeftAdapter(given({ use_rslora: true }), modules).settings;
    expect(loraScales(rooted).scales!.get(v1)).toBeCloseTo(3 / Math.sqrt(3), 12);
  });

  const logits = async (weights: Weights, lora?: LoraScale) => {
    const network = { config, weights, ...(lora ? { lora } : {}) };
    const y = tf.tidy(() =>
      linear(forwardHidden(network, uploadBatch(onePath([1, 9, 4, 33, 7], 1), config)), outputHead(network)),
    );
    const values = await readFloats(y);
    y.dispose();
    return values;
  };

  it('give the logits of the model with each product added by hand', async () => {
    const { settings, tensors } = readPeftAdapter(given(), modules);
    const weights = readCheckpoint(config, base);
    const byHand = new Map(
      [...weights].map(([name, { shape, data }]) => {
        const module = name.replace(/\.weight$/, '');
        const scale = { [q0]: 3, [v0]: 2, [q1]: 6, [v1]: 1 }[module];
        const sum = Float32Array.from(data);
        if (scale !== undefined) {
          const [a, b] = ['A', 'B'].map((x) => tensors.get(`${module}.lora_${x}.weight`)!);
          const [out, rank] = b!.shape as [number, number];
          for (let o = 0; o < out; o++)
            for (let i = 0; i < shape[1]!; i++)
              for (let r = 0; r < rank; r++)
                sum[o * shape[1]! + i]! += scale * b!.data[o * rank + r]! * a!.data[r * shape[1]! + i]!;
        }
        return [name, { shape, data: sum }] as const;
      }),
    );
    const scales = loraScales(settings);
    const plain = loadWeights(config, weights, 'f32');
    const lora = uploadLora(tensors);
    const expected = loadWeights(config, byHand, 'f32');
    const merged = loadWeights(config, mergedWeights(weights, tensors, scales), 'f32');
    const wanted = await logits(expected);
    expect(await logits(new Map([...plain, ...lora]), scales)).toBeAllclose(wanted, {
      rtol: 1e-4,
      atol: 1e-4,
    });
    expect(await logits(merged)).toBeAllclose(wanted, { rtol: 1e-4, atol: 1e-4 });
    await expect(
      (async () => expect(await logits(plain)).toBeAllclose(wanted, { rtol: 1e-2, atol: 1e-2 }))(),
    ).rejects.toThrow();
    for (const map of [plain, lora, expected, merged]) disposeParameters(map);
  });
});

it('says that the head takes no adapter, rather than that the adapter is another model’s', () => {
  const named = (name: string) => `base_model.model.${name.replace(/^.*(?=\.lora)/, 'lm_head')}`;
  expect(() => readPeftAdapter(files(attention(1, 'q_proj'), {}, named), modules)).toThrow(
    /adapts "lm_head": the embedding and the output head take no adapter here/,
  );
});

it('names a number of an adapter that is not finite', () => {
  const given = files(attention(1, 'q_proj', 'v_proj'), { layers_to_transform: [1] });
  const bytes = given.get(ADAPTER_WEIGHTS)!;
  const damaged = new Uint8Array(bytes);
  new DataView(damaged.buffer).setFloat32(bytes.length - 4, Number.POSITIVE_INFINITY, true);
  const read = () => readPeftAdapter(new Map([...given, [ADAPTER_WEIGHTS, damaged]]), modules);
  expect(read).toThrow(SafetensorsError);
  expect(read).toThrow(/layers\.1\.self_attn\.v_proj\.lora_B\.weight": element \[\d+, 1\] is Infinity/);
});
