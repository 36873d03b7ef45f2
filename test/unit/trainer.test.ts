import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { methods } from '../../src/methods/index';
import { createMemoryStore } from '../../src/store/memory';
import type { Store } from '../../src/store/store';
import { tf } from '../../src/tf';
import type { RunDocument } from '../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../src/train/run-document';
import { createTrainerApi } from '../../src/trainer';
import type { GivenFile, RunEvent, TrainerApi } from '../../workers/protocol';
import { charTokenizer } from '../support/char-tokenizer';
import { folderCharacters, sumPairs } from '../support/tiny-folder';

// One store for all trainers of a test, as a database is one for all visits; Node has none of its own.
const shared = vi.hoisted(() => ({ store: undefined as Store | undefined }));
vi.mock('../../src/store/open', () => ({ openStore: async () => shared.store }));

const open: TrainerApi[] = [];
const visit = async () => {
  const trainer = createTrainerApi('http://localhost/');
  open.push(trainer);
  await trainer.init('cpu');
  const events: RunEvent[] = [];
  await trainer.subscribe(async (batch) => void events.push(...batch));
  return { trainer, events };
};

beforeEach(() => {
  shared.store = createMemoryStore('');
  vi.stubGlobal('fetch', async (url: string) => {
    const path = new URL(url).pathname;
    return new Response(readFileSync(join('public', path)));
  });
});
afterEach(async () => {
  for (const trainer of open.splice(0)) await trainer.dispose();
  vi.unstubAllGlobals();
});

const text = (value: string) => new TextEncoder().encode(value);
const golden = (path: string) => new Uint8Array(readFileSync(join('test/golden', path)));

const folder = (changes: Record<string, Uint8Array | undefined> = {}, name = 'tiny'): GivenFile[] => {
  const { tokenizerJson, tokenizerConfig } = charTokenizer(folderCharacters);
  const files: Record<string, Uint8Array | undefined> = {
    'config.json': golden('trl/base/config.json'),
    'model.safetensors': golden('trl/base/model.safetensors'),
    'tokenizer.json': text(JSON.stringify(tokenizerJson)),
    'tokenizer_config.json': text(JSON.stringify(tokenizerConfig)),
    'README.md': text('# Not read'),
    ...changes,
  };
  return Object.entries(files).flatMap(([file, data]) => (data ? [{ name: `${name}/${file}`, data }] : []));
};

const gguf = (name: string): GivenFile[] => [{ name: `${name}.gguf`, data: golden(`gguf/${name}.gguf`) }];
const pairsFile = (count = 40): GivenFile => ({ name: 'sums.jsonl', data: text(sumPairs(count).join('\n')) });

const documentOf = (
  model: string,
  dataset: string | null,
  changes: Partial<RunDocument> = {},
  methodId = 'dpo',
): RunDocument => {
  const run = defaultRun(methods.find((m) => m.id === methodId)!, model);
  return {
    ...run,
    adapter: { ...defaultAdapter(), rank: 4 },
    data: {
      ...run.data,
      dataset: dataset === null ? null : { id: dataset, settings: { ...settings } },
    },
    optimizer: { ...run.optimizer, learningRate: 1e-2 },
    steps: 4,
    batchSize: 4,
    evaluation: { every: 2, problems: 3 },
    checkpointEvery: 1,
    ...changes,
  };
};
const { defaultDatasetSettings } = await import('../../src/data/settings');
const settings = { ...defaultDatasetSettings(), maxLength: 60, heldOut: 0.2 };

const lossesOf = async (trainer: TrainerApi) =>
  (await trainer.runs())[0]!.metrics.map(({ stage, metrics }) => [
    stage,
    metrics['step'],
    metrics['loss'],
    metrics['grad_norm'],
    metrics['rewards/margins'],
  ]);

const filesOf = (zip: Uint8Array) => unzipSync(zip);
const given = (files: Record<string, Uint8Array>, under = 'out'): GivenFile[] =>
  Object.entries(files).map(([name, data]) => ({ name: `${under}/${name}`, data }));

const sequence = [5, 9, 17, 30, 8, 21, 44, 3, 12];
const farthest = (a: number[], b: number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe('models that are brought', () => {
  it('takes a folder and a GGUF file, gives each one id, and finds them on the next visit', async () => {
    const { trainer } = await visit();
    const one = await trainer.addModel(folder());
    const two = await trainer.addModel(gguf('smollm'));
    expect(one).toMatchObject({
      name: 'tiny',
      builtIn: false,
      details: { stored: 'full', chatTemplate: false },
    });
    expect(two).toMatchObject({ name: 'smollm', details: { stored: 'packed' } });
    expect((await trainer.addModel(folder())).id).toBe(one.id);
    const next = (await visit()).trainer;
    const listed = (await next.models()).filter((m) => !m.builtIn);
    expect(listed.map((m) => m.id).sort()).toEqual([one.id, two.id].sort());
    await next.load(two.id);
    expect((await next.logProbs([sequence], 'policy'))[0]).toHaveLength(sequence.length - 1);
  });

  it('tells models apart that differ in configuration or tokenizer alone', async () => {
    const { trainer } = await visit();
    const plain = await trainer.addModel(folder());
    const { tokenizerConfig } = charTokenizer(folderCharacters);
    const template = "{% for m in messages %}{{ m['content'] }}{{ sep_token }}{% endfor %}";
    const chatty = await trainer.addModel(
      folder({
        'tokenizer_config.json': text(
          JSON.stringify({ ...tokenizerConfig, sep_token: '=', chat_template: template }),
        ),
      }),
    );
    expect(chatty.id).not.toBe(plain.id);
    const next = (await visit()).trainer;
    await next.load(chatty.id);
    const options = { which: 'policy', temperature: 0, seed: 1, maxTokens: 4 } as const;
    const reply = await next.chat([{ role: 'user', content: '1+1' }], options);
    expect(reply.promptTokens).toBe(4);
    await next.load(plain.id);
    await expect(next.chat([{ role: 'user', content: '1+1' }], options)).rejects.toThrow(/chat template/);
  });

  it.each([
    ['nothing', [], /No file was given/],
    ['rubbish', [{ name: 'notes.txt', data: text('hello') }], /None of the 1 files/],
    ['a broken GGUF', [{ name: 'x.gguf', data: text('GGUFGGUFGGUF') }], /x\.gguf/],
    ['a file twice', [...folder(), ...folder()], /given twice/],
    ['two models', [...folder({}, 'a'), ...folder({}, 'b')], /2 models/],
    ['two GGUF files', [...gguf('smollm'), ...gguf('qwen2')], /2 GGUF files/],
    ['half a folder', folder({ 'model.safetensors': undefined }), /model\.safetensors/],
    ['no tokenizer', folder({ 'tokenizer.json': undefined }), /tokenizer\.json is missing/],
    [
      'weights of another format',
      [...folder({ 'model.safetensors': undefined }), { name: 'tiny/pytorch_model.bin', data: text('PK') }],
      /The weights are in pytorch_model\.bin/,
    ],
    [
      'a tokenizer of another format',
      [...folder({ 'tokenizer.json': undefined }), { name: 'tiny/tokenizer.model', data: text('x') }],
      /tokenizer\.model is not read/,
    ],
    [
      'a tokenizer that is too large',
      folder({
        'tokenizer.json': text(JSON.stringify(charTokenizer([...folderCharacters, '~', '^']).tokenizerJson)),
      }),
      /tokenizer/,
    ],
  ] as [string, GivenFile[], RegExp][])('refuses %s and keeps nothing', async (_what, files, reason) => {
    const { trainer } = await visit();
    await expect(trainer.addModel(files)).rejects.toThrow(reason);
    expect((await trainer.models()).filter((m) => !m.builtIn)).toEqual([]);
    expect(
      (await trainer.storage()).items.filter((i) => i.store !== 'models' || !/^arith/.test(i.key)),
    ).toEqual([]);
    expect((await trainer.addModel(folder())).name).toBe('tiny'); // and is not in the way of a right one
  });

  it('says readably that a model, a dataset or an adapter of a stored run has been deleted', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile());
    await trainer.create(documentOf(model.id, data.id));
    const { runId } = await trainer.stepOnce();
    const adapter = await trainer.addAdapter(given(filesOf(await trainer.exportModel())), model.id);
    const second = await trainer.create(
      documentOf(model.id, data.id, { adapter: { ...defaultAdapter(), from: adapter.id } }),
    );
    await trainer.stepOnce();
    await trainer.deleteStored('adapters', adapter.id);
    const next = (await visit()).trainer;
    await trainer.dispose();
    await expect(next.open(second.runId)).rejects.toThrow(/adapter\.from: there is no stored adapter/);
    await next.deleteStored('dataFiles', data.id);
    await expect(next.open(runId)).rejects.toThrow(/data\.dataset\.id: there is no stored file/);
    await next.addDataset(pairsFile());
    await next.deleteStored('models', model.id);
    await expect(next.open(runId)).rejects.toThrow(/model: .*is not a model here/);
    await next.addModel(folder());
    expect((await next.open(runId)).step).toBe(1);
  });

  it('lets a run go on whose model is deleted from the store', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile());
    await trainer.create(documentOf(model.id, data.id));
    await trainer.stepOnce();
    await trainer.deleteStored('models', model.id);
    expect((await trainer.start()).phase).toBe('finished');
    expect(Object.keys(filesOf(await trainer.exportModel({ what: 'model' })))).toContain('model.safetensors');
  });
});

describe('runs on a brought model and a file', () => {
  it('takes several files as one dataset, in whatever order they come, and none of them twice', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const row = (i: number) =>
      JSON.stringify({ prompt: `${i}+${i}=`, chosen: `${2 * i}`, rejected: `${2 * i + 1}` });
    const shard = (n: number) => ({ name: `s-${n}.jsonl`, data: text(`${row(2 * n)}\n${row(2 * n + 1)}`) });
    const data = await trainer.addDataset([shard(10), shard(9)]);
    expect(data).toMatchObject({ name: 's-9.jsonl and 1 more', format: 'preference', notices: [] });
    expect((await trainer.addDataset([shard(9), shard(10)])).id).toBe(data.id);
    expect((await trainer.addDataset(shard(9))).id).not.toBe(data.id);
    const report = await trainer.checkDataset(documentOf(model.id, data.id));
    expect(report.rows).toEqual({ read: 4, used: 4, dropped: 0 });
    expect(report.samples.map(({ where }) => where)).toEqual([
      's-9.jsonl, line 1',
      's-9.jsonl, line 2',
      's-10.jsonl, line 1',
      's-10.jsonl, line 2',
    ]);
    const copy = { ...shard(9), name: 'copy.jsonl' };
    await expect(trainer.addDataset([shard(9), copy])).rejects.toThrow(
      /s-9\.jsonl: holds the same as copy\.jsonl/,
    );
  });

  it.each(['dpo', 'tgdpo', 'sft', 'step-dpo', 'iterative-rpo'])(
    'trains with %s, evaluates, shows credit, and goes on to the same numbers',
    async (id) => {
      const { trainer, events } = await visit();
      const model = await trainer.addModel(folder());
      const rows = Array.from({ length: 30 }, (_, i) =>
        JSON.stringify({
          prompt: `${i}+${i}=`,
          initial_reason_steps: `${i}\n`,
          chosen: `A: ${2 * i}`,
          rejected: `A: ${2 * i + 1}`,
        }),
      );
      const data = await trainer.addDataset(
        id === 'step-dpo' ? { name: 'steps.jsonl', data: text(rows.join('\n')) } : pairsFile(),
      );
      const report = await trainer.checkDataset(documentOf(model.id, data.id, {}, id));
      expect(report.trees.train).toBeGreaterThan(10);
      const document = documentOf(model.id, data.id, { steps: 3, evaluation: { every: 0, problems: 3 } }, id);
      await trainer.create(document);
      expect((await trainer.start()).message).toMatch(/Finished/);
      const run = (await trainer.runs())[0]!;
      expect(run.evaluations.length).toBeGreaterThan(1);
      for (const e of run.evaluations) {
        expect(e.kind).toBe('pairs');
        expect(e.metrics!['eval_loss']).toBeGreaterThan(0);
        for (const name of Object.keys(e.metrics!)) expect(name).toMatch(/^eval_/);
        if (id !== 'sft') {
          expect(e.problems).toBe(3);
          expect(e.metrics).toHaveProperty('eval_rewards/margins');
          expect(e.metrics).toHaveProperty('eval_logps/chosen');
        }
      }
      expect(events.some((event) => event.kind === 'dataset')).toBe(true);
      const credit = await trainer.credit(0);
      expect(credit.responses.length).toBe(id === 'sft' ? 1 : 2);
      expect(credit.responses[0]!.tokens.some((t) => t.push !== 0)).toBe(true);
      const files = filesOf(await trainer.exportModel());
      const csv = new TextDecoder().decode(files['metrics.csv']);
      expect(csv.split('\n')[0]).toContain('eval_loss');
      const card = new TextDecoder().decode(files['README.md']);
      expect(card).toContain(data.id);
      expect(card).toMatch(id === 'sft' ? /0 held-out pairs/ : /3 held-out pairs/);
      const whole = await lossesOf(trainer);

      // The same again, with a visit that ends in the middle.
      await trainer.create(document);
      const { runId } = await trainer.stepOnce();
      await trainer.stepOnce();
      const seen = { evaluation: await trainer.evaluate(3), credit: await trainer.credit(0) };
      await trainer.dispose();
      const next = (await visit()).trainer;
      await next.open(runId);
      // Asked before the reference has scored the data anew.
      expect({ evaluation: await next.evaluate(3), credit: await next.credit(0) }).toEqual(seen);
      expect((await next.start()).phase).toBe('finished');
      expect(await lossesOf(next)).toEqual(whole);
    },
  );

  it('gives other numbers for another seed, and equal ones for the same', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile());
    const losses: unknown[][] = [];
    for (const seed of [1, 2, 1]) {
      await trainer.create(documentOf(model.id, data.id, { seed, evaluation: { every: 0, problems: 0 } }));
      await trainer.start();
      losses.push(await lossesOf(trainer));
    }
    expect(losses[2]).toEqual(losses[0]);
    expect(losses[1]).not.toEqual(losses[0]);
  });

  it('stops and pauses while it reads the data', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile(800));
    const document = documentOf(model.id, data.id, { evaluation: { every: 0, problems: 0 } });
    await trainer.create(document);
    const stopping = trainer.start();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await trainer.stop()).phase).toBe('stopped');
    expect((await stopping).step).toBe(0);
    await trainer.create(document);
    const pausing = trainer.start();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await trainer.pause()).phase).toBe('paused');
    expect((await pausing).step).toBe(0);
    expect((await trainer.stepOnce()).step).toBe(1);
  });

  it('ends a check when it is told to', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile(3000));
    const checking = trainer.checkDataset(documentOf(model.id, data.id));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await trainer.cancelCheck();
    await expect(checking).rejects.toThrow(/cancelled/);
  });

  it('keeps nothing on the device after it is closed', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile());
    const before = tf.memory().numTensors;
    await trainer.create(
      documentOf(model.id, data.id, { adapter: { ...defaultAdapter(), dropout: 0.1 }, steps: 8 }),
    );
    await trainer.stepOnce();
    await trainer.stepOnce();
    const seen = new Set<number>();
    for (let i = 0; i < 4; i++) {
      await trainer.stepOnce();
      seen.add(tf.memory().numTensors);
    }
    expect(seen.size).toBe(1);
    await trainer.chat('1+1=', { which: 'reference', temperature: 0, seed: 1, maxTokens: 3 });
    await trainer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('adapters and exports', () => {
  it.each(['base', 'adapter'] as const)(
    'goes on from its own adapter, compared with %s',
    async (reference) => {
      const { trainer } = await visit();
      const model = await trainer.addModel(folder());
      const data = await trainer.addDataset(pairsFile());
      await trainer.create(documentOf(model.id, data.id));
      await trainer.start();
      const trained = (await trainer.logProbs([sequence], 'policy'))[0]!;
      const base = (await trainer.logProbs([sequence], 'reference'))[0]!;
      expect(farthest(trained, base)).toBeGreaterThan(1e-3);
      const adapter = await trainer.addAdapter(given(filesOf(await trainer.exportModel()), 'mine'), model.id);
      expect(adapter).toMatchObject({ name: 'mine', rank: 4 });
      expect((await trainer.adapters()).map((a) => a.id)).toEqual([adapter.id]);
      await trainer.create(
        documentOf(model.id, data.id, { adapter: { ...defaultAdapter(), from: adapter.id, reference } }),
      );
      expect((await trainer.logProbs([sequence], 'policy'))[0]).toEqual(trained);
      expect((await trainer.logProbs([sequence], 'reference'))[0]).toEqual(
        reference === 'base' ? base : trained,
      );
    },
  );

  it('takes the outermost adapter of a folder with checkpoints, and refuses two side by side', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile());
    await trainer.create(documentOf(model.id, data.id));
    await trainer.stepOnce();
    const early = filesOf(await trainer.exportModel());
    await trainer.start();
    const late = filesOf(await trainer.exportModel());
    const direct = await trainer.addAdapter(given(late, 'run'), model.id);
    const nested = await trainer.addAdapter(
      [...given(late, 'run'), ...given(early, 'run/checkpoint-1')],
      model.id,
    );
    expect(nested.id).toBe(direct.id);
    await expect(
      trainer.addAdapter([...given(early, 'checkpoint-1'), ...given(late, 'checkpoint-4')], model.id),
    ).rejects.toThrow(/2 adapters/);
  });

  it.each([
    ['smollm', 'F32', 1e-4],
    ['smollm', 'F16', 2e-2],
    ['smollm', 'BF16', 2e-1],
    ['gpt2', 'F32', 1e-4],
    ['qwen2', 'F32', 1e-4],
    ['qwen3', 'F16', 2e-2],
    ['llama3', 'F32', 1e-4],
    ['llama-sentencepiece', 'F32', 1e-4],
  ] as const)(
    'works an adapter into %s, saved as %s, which gives the same log-probs',
    async (name, dtype, most) => {
      const { trainer } = await visit();
      const model = await trainer.addModel(gguf(name));
      const data = await trainer.addDataset(pairsFile(12));
      await trainer.create(
        documentOf(model.id, data.id, { weights: 'file', steps: 2, evaluation: { every: 0, problems: 0 } }),
      );
      await trainer.start();
      const expected = (await trainer.logProbs([sequence], 'policy'))[0]!;
      const files = filesOf(await trainer.exportModel({ what: 'model', dtype }));
      const config = JSON.parse(new TextDecoder().decode(files['config.json']));
      expect(config.torch_dtype ?? config.dtype).toBe(
        { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }[dtype],
      );
      const merged = await trainer.addModel(given(files));
      expect(merged.details!.chatTemplate).toBe(model.details!.chatTemplate);
      await trainer.load(merged.id);
      expect(farthest((await trainer.logProbs([sequence], 'policy'))[0]!, expected)).toBeLessThan(most);
    },
  );

  it('says that a run of all weights has no adapter', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile());
    await trainer.create(documentOf(model.id, data.id, { adapter: null }));
    await trainer.stepOnce();
    await expect(trainer.exportModel({ what: 'adapter' })).rejects.toThrow(/has no adapter/);
    expect(Object.keys(filesOf(await trainer.exportModel()))).toContain('model.safetensors');
  });
});

describe('hostile names', () => {
  const hostile = '`x`]\n\n# Owned\n---\nlicense: evil\n<img src=x onerror=alert(1)>|..\\\\..';

  it('stay plain text in what is exported', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder({}, hostile));
    const data = await trainer.addDataset({ ...pairsFile(), name: `../../${hostile}.jsonl` });
    await trainer.create(documentOf(model.id, data.id));
    await trainer.stepOnce();
    const files = filesOf(await trainer.exportModel({ what: 'model' }));
    for (const name of Object.keys(files)) expect(name).toMatch(/^[\w.]+$/);
    const card = new TextDecoder().decode(files['README.md']);
    expect(card).not.toMatch(/<img|^# Owned|^license/m);
    expect(card.match(/^---$/gm)).toHaveLength(2);
    const rows = card.split('\n').filter((line) => line.startsWith('|'));
    for (const row of rows) expect(row.endsWith('|')).toBe(true);
    const config = filesOf(await trainer.exportModel())['adapter_config.json'];
    expect(JSON.parse(new TextDecoder().decode(config)).base_model_name_or_path).toBeNull();
  });
});

describe('talking', () => {
  const options = { which: 'policy', temperature: 0, seed: 1, maxTokens: 4 } as const;

  it('answers while a run trains', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const data = await trainer.addDataset(pairsFile());
    await trainer.create(documentOf(model.id, data.id));
    const running = trainer.start();
    const reply = await trainer.chat('1+1=', options);
    expect(reply.tokens.length).toBeGreaterThan(0);
    expect(reply.pieces).toHaveLength(reply.tokens.length);
    expect((await running).phase).toBe('finished');
  });

  it('says what is wrong with a prompt', async () => {
    const { trainer } = await visit();
    await expect(trainer.chat('1', options)).rejects.toThrow(/No model is loaded/);
    const model = await trainer.addModel(folder());
    await trainer.load(model.id);
    await expect(trainer.chat('1+'.repeat(64), options)).rejects.toThrow(/tokens/);
    await expect(trainer.logProbs([[1, 64]], 'policy')).rejects.toThrow(/64/);
    await expect(trainer.logProbs([[1, -1]], 'policy')).rejects.toThrow(/-1/);
    await expect(trainer.logProbs([Array.from({ length: 65 }, () => 3)], 'policy')).rejects.toThrow(/65|64/);
    await expect(trainer.logProbs([[1]], 'policy')).rejects.toThrow(/at least two/);
    expect(await trainer.logProbs([], 'policy')).toEqual([]);
  });
});

describe('going back', () => {
  it('makes the best evaluation the run’s state, from which it trains on to the same numbers', async () => {
    const { trainer } = await visit();
    const model = await trainer.addModel(folder());
    const dataset = await trainer.addDataset(pairsFile());
    // Too fast, so that the loss on held-out rows is least on the way.
    const document = documentOf(model.id, dataset.id, {
      steps: 8,
      optimizer: { ...documentOf(model.id, dataset.id).optimizer, learningRate: 0.3 },
      schedule: { kind: 'constant', warmup: 0 },
    });
    await trainer.create(document);
    expect((await trainer.start()).phase).toBe('finished');
    const expected = await lossesOf(trainer);
    const [run] = await trainer.runs();
    const { step } = run!.best!;
    await expect(trainer.goBack(step === 2 ? 4 : 2)).rejects.toThrow(`step ${step} is, the best of its pass`);
    const keys = (await trainer.storage()).items.filter(({ store }) => store === 'checkpoints');
    expect(keys.map(({ label }) => label).join()).toMatch(
      /its best.*weights at step 0 of dpo|weights at step 0 of dpo.*its best/,
    );
    expect(await trainer.goBack(step)).toMatchObject({ phase: 'paused', step });
    expect(await lossesOf(trainer)).toEqual(expected.slice(0, step));
    expect((await trainer.start()).phase).toBe('finished');
    expect(await lossesOf(trainer)).toEqual(expected);
    await trainer.deleteRun(run!.runId);
    expect((await trainer.storage()).items.filter(({ store }) => store === 'checkpoints')).toEqual([]);
  });
});
