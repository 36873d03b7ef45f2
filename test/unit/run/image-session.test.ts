import { beforeAll, describe, expect, it } from 'vitest';
import { imageMedium } from '../../../src/diffusion/medium';
import { methods } from '../../../src/methods/index';
import { areImages, type Method } from '../../../src/methods/method';
import type { Params } from '../../../src/methods/params';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultRun } from '../../../src/train/run-document';
import type { MemorySessionStore } from '../../support/memory-session-store';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyDenoiser } from '../../support/tiny-denoiser';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const onImages = methods.filter(({ eats }) => areImages(eats));

/** Few walks and few steps, of what each method does. */
const small = (method: Method, params: Params = {}): RunDocument => {
  const run = defaultRun(method, 'shapes-nano');
  const rounds = method.params['rounds'] ? { rounds: 2 } : {};
  const trees = { 'latent-steps': method.id === 'spo' ? 15 : 10 }[method.eats as string] ?? 6;
  return {
    ...run,
    method: { id: method.id, params: { ...run.method.params, ...rounds, ...params } },
    data: { ...run.data, trees },
    optimizer: { ...run.optimizer, learningRate: 3e-3 },
    steps: 4,
    batchSize: 3,
    evaluation: { every: 2, problems: 8 },
    checkpointEvery: 1,
  };
};

const begin = async (
  method: Method,
  document: RunDocument,
  store: MemorySessionStore,
  more: Partial<Parameters<typeof TrainingSession.create>[0]> = {},
) => {
  const model = await tinyDenoiser();
  return TrainingSession.create({
    runId: 'run',
    document,
    method,
    task: arithmetic,
    model,
    medium: imageMedium({
      denoiser: model.denoiser!,
      seed: document.seed,
      backend,
      store: store.store,
      label: 'shapes-tiny',
    }),
    backend,
    store: store.store,
    emit: () => undefined,
    ...more,
  });
};

/** Three steps of the model, then one in each of two rounds. */
const stepAware: Params = { judge: 'model', modelPairs: 6 };

const variants: [string, Method, Params][] = [
  ...onImages.map((m): [string, Method, Params] => [m.id, m, {}]),
  ['tailorpo with guidance', methods.find(({ id }) => id === 'tailorpo')!, { guidance: true }],
  ['smpo with inversion', methods.find(({ id }) => id === 'smpo')!, { inversion: true }],
  ['spo with a step-aware model', methods.find(({ id }) => id === 'spo')!, stepAware],
  ['rankdpo with noise of its own', methods.find(({ id }) => id === 'rankdpo')!, { noise: 'own' }],
];

describe('runs of a model that draws', () => {
  it.each(variants)(
    '%s: trains, measures, explains, and leaves no tensor behind',
    async (_, method, params) => {
      const before = tf.memory().numTensors;
      const session = await begin(method, small(method, params), memorySessionStore());
      const status = await session.start();
      expect(status.message).toMatch(/^Finished/);
      const { metrics, evaluations } = session.summary();
      expect(metrics).toHaveLength(params === stepAware ? 5 : 4);
      for (const { metrics: row } of metrics) {
        for (const [name, value] of Object.entries(row)) expect(Number.isFinite(value), name).toBe(true);
      }
      expect(metrics.some(({ metrics: row }) => row['grad_norm']! > 0)).toBe(true);
      expect(new Set(evaluations.map(({ kind }) => kind))).toEqual(new Set(['images']));
      const { measures, images } = evaluations[0]!;
      // Of eight images no two are of one request: there is no spread to tell of.
      expect(measures!.map(({ id }) => id)).toEqual([
        'colour',
        'shape',
        'hue',
        'recognised',
        'brightness',
        'symmetry',
        'mix',
      ]);
      expect(images!.pixels).toHaveLength(images!.conditions.length * 432);
      const credit = await session.credit(0);
      expect(credit.responses.some(({ steps }) => steps.some(({ push }) => push !== 0))).toBe(true);
      await session.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.each([
    ['spo', {}],
    ['spo', stepAware],
    ['tailorpo', {}],
    ['diffusion-dpo', {}],
    ['ddpm', {}],
  ] as const)('%s %j: a killed run goes on bit for bit', async (id, params) => {
    const method = methods.find((m) => m.id === id)!;
    const document = { ...small(method, params), evaluation: { every: 0, problems: 0 } };
    const whole = memorySessionStore();
    const alone = await begin(method, document, whole);
    await alone.start();
    const weights = await alone.weights();
    await alone.dispose();

    // Steps 1 and 2 are of the first round: one dies in the middle of it, one at its end, one within the second. Of a step-aware model
    // the first three are its own.
    for (const dies of params === stepAware ? [1, 3, 4] : [1, 2, 3]) {
      const store = memorySessionStore();
      const first = await begin(method, document, store);
      for (let step = 0; step < dies; step++) await first.stepOnce();
      const left = store.left();
      await first.dispose();
      const summary = left.runs.get('run')!;
      const checkpoint = left.checkpoints.get('run')!;
      const second = await begin(method, document, left, { resume: { checkpoint, summary } });
      await second.start();
      expect(second.summary().metrics.map(({ metrics }) => metrics)).toEqual(
        alone.summary().metrics.map(({ metrics }) => metrics),
      );
      const ended = await second.weights();
      for (const [name, { data }] of weights) expect(ended.get(name)!.data, `${name}, ${dies}`).toEqual(data);
      await second.dispose();
    }
  });

  it('rounds that are one training keep the trees of the present round alone', async () => {
    const method = methods.find((m) => m.id === 'tailorpo')!;
    const store = memorySessionStore();
    const deleted: string[] = [];
    store.store.deleteItem = async (_, key) => {
      deleted.push(key);
      store.datasets.delete(key);
    };
    const document = { ...small(method, { rounds: 4 }), evaluation: { every: 0, problems: 0 } };
    const session = await begin(method, document, store);
    await session.start();
    expect(deleted).toHaveLength(2); // of the second and the third; the first are those of any run of this seed
    expect(store.datasets.size).toBe(2);
    await session.dispose();
  });
});

it('a step-aware model is trained for its own sake: the policy waits, and then learns from what it prefers', async () => {
  const method = methods.find((m) => m.id === 'spo')!;
  const document = { ...small(method, stepAware), evaluation: { every: 0, problems: 0 } };
  const before = (await tinyDenoiser()).weights;
  const ends = async (run: RunDocument) => {
    const session = await begin(method, run, memorySessionStore());
    for (let step = 0; step < 2; step++) await session.stepOnce();
    const meanwhile = await session.weights();
    for (const [name, { data }] of before) expect(meanwhile.get(name)!.data, name).toEqual(data);
    await session.start();
    const { metrics } = session.summary();
    const after = await session.weights();
    expect([...after.keys()]).toEqual([...before.keys()]);
    await session.dispose();
    return { metrics, after };
  };
  const own = await ends(document);
  const model = own.metrics.filter(({ stage }) => stage === 'preference-model').map(({ metrics }) => metrics);
  expect(model.slice(1).map((row) => row['learning_rate'])).toEqual(
    [1, 1].map(() => expect.closeTo(1e-3, 6)),
  );
  // What the run prefers decides what the model learns.
  const source = {
    ...document.data.source!,
    params: { ...document.data.source!.params, reward: 'symmetry' },
  };
  const other = await ends({ ...document, data: { ...document.data, source } });
  const changed = [...before.keys()].some(
    (name) => `${other.after.get(name)!.data}` !== `${own.after.get(name)!.data}`,
  );
  expect(changed).toBe(true);
});
