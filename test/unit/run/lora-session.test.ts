import { beforeAll, describe, expect, it } from 'vitest';
import { dpo } from '../../../src/methods/pairwise/dpo';
import { tgdpo } from '../../../src/methods/token-level/tgdpo';
import { linearModules } from '../../../src/model/linear-modules';
import { freshLora, loraB } from '../../../src/model/lora';
import { readPeftAdapter, writePeftAdapter } from '../../../src/model/peft';
import type { SessionOptions } from '../../../src/run/run-context';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../../src/train/run-document';
import { createRng } from '../../../src/util/rng';
import type { RunEvent } from '../../../workers/protocol';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const pairDpo = onCorruptedPairs(dpo);

const documentOf = (changes: Partial<RunDocument> = {}): RunDocument => {
  const run = defaultRun(pairDpo, 'tiny');
  return {
    ...run,
    adapter: { ...defaultAdapter(), rank: 4 },
    data: { ...run.data, difficulty: 'easy', trees: 6, maxTokens: 24 },
    optimizer: { ...run.optimizer, learningRate: 2e-2 },
    steps: 6,
    batchSize: 2,
    evaluation: { every: 0, problems: 0 },
    checkpointEvery: 1,
    ...changes,
  };
};

const makeSession = async (changes: Partial<RunDocument> = {}, more: Partial<SessionOptions> = {}) => {
  const memory = memorySessionStore();
  const options: SessionOptions = {
    runId: 'run',
    document: documentOf(changes),
    method: pairDpo,
    task: arithmetic,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: (_event: RunEvent) => undefined,
    ...more,
  };
  const session = await TrainingSession.create(options);
  return { session, memory, options };
};

const lossesOf = (session: TrainingSession) => session.summary().metrics.map((row) => row.metrics['loss']!);

const asArrays = async (session: TrainingSession) =>
  new Map([...(await session.weights())].map(([name, { data }]) => [name, Array.from(data)]));

describe('a session with an adapter', () => {
  it('trains the adapter alone, from the reference on', async () => {
    const { session } = await makeSession();
    expect((await session.start()).phase).toBe('finished');
    const losses = lossesOf(session);
    expect(losses[0]).toBeCloseTo(Math.log(2), 5); // a fresh adapter is the reference itself
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.01);
    const weights = await session.weights();
    expect(weights.size).toBe(2 * 7 * 2);
    const b = weights.get(loraB('model.layers.0.self_attn.q_proj'))!;
    expect(b.shape).toEqual([16, 4]);
    expect(b.data.some((x) => x !== 0)).toBe(true);
    await session.dispose();
  });

  it('goes on from a checkpoint, which holds the adapter alone, to the same numbers; with dropout too', async () => {
    const changes = {
      adapter: { ...defaultAdapter(), rank: 2, dropout: 0.25, targetModules: ['q_proj', 'up_proj'] },
    };
    const whole = await makeSession(changes);
    await whole.session.start();

    const half = await makeSession(changes);
    for (let i = 0; i < 3; i++) await half.session.stepOnce();
    await half.session.dispose();
    const checkpoint = half.memory.checkpoints.get('run')!;
    expect(Object.keys(checkpoint.weights)).toHaveLength(2 * 2 * 2);
    const rest = await TrainingSession.create({
      ...half.options,
      resume: { checkpoint, summary: half.memory.runs.get('run')! },
    });
    await rest.start();
    expect(lossesOf(rest)).toEqual(lossesOf(whole.session));
    expect(await asArrays(rest)).toEqual(await asArrays(whole.session));
    await rest.dispose();
    await whole.session.dispose();
  });

  it('goes on with one layer of a file, ranks of its own included, and trains and exports just that', async () => {
    const modules = linearModules(tinyModel().config);
    const [q, v] = ['q_proj', 'v_proj'].map((part) => `model.layers.1.self_attn.${part}`) as [string, string];
    const settings = {
      rank: 2,
      alpha: 4,
      dropout: 0,
      rsLora: false,
      targetModules: [q, v],
      own: { [v]: { rank: 3, alpha: 9 } },
    };
    const tensors = freshLora(modules, settings, createRng(3));
    const written = writePeftAdapter({ settings, tensors }, { baseModel: null, fanInFanOut: false });
    const adapter = readPeftAdapter(written, modules);
    expect(adapter.settings).toEqual(settings);
    const from = { adapter: { ...defaultAdapter(), from: 'one' } };
    const runs = [false, true].map((checkpointing) => makeSession({ ...from, checkpointing }, { adapter }));
    const [kept, again] = (await Promise.all(runs)).map(({ session }) => session) as [
      TrainingSession,
      TrainingSession,
    ];
    await kept.start();
    await again.start();
    expect(lossesOf(kept)[0]).toBeCloseTo(Math.log(2), 5); // untrained, it is the model
    expect(lossesOf(kept).at(-1)).toBeLessThan(lossesOf(kept)[0]! - 0.002);
    expect(await asArrays(again)).toEqual(await asArrays(kept));
    const trained = await kept.weights();
    expect([...trained].map(([name, { shape }]) => [name, shape])).toEqual([
      [`${q}.lora_A.weight`, [2, 16]],
      [`${q}.lora_B.weight`, [16, 2]],
      [`${v}.lora_A.weight`, [3, 16]],
      [`${v}.lora_B.weight`, [modules.get(v)![0], 3]],
    ]);
    expect(Object.keys(kept.policyPlan.adapter!.settings)).toContain('own');
    await kept.dispose();
    await again.dispose();
  });

  it('computes layers again without changing a number', async () => {
    const kept = await makeSession({ checkpointing: false });
    const again = await makeSession({ checkpointing: true });
    await kept.session.start();
    await again.session.start();
    expect(await asArrays(again.session)).toEqual(await asArrays(kept.session));
    await kept.session.dispose();
    await again.session.dispose();
  });

  it('starts each stage of a staged method from the same adapter', async () => {
    const method = onCorruptedPairs(tgdpo);
    const run = defaultRun(method, 'tiny');
    const { session } = await makeSession({ method: run.method, steps: 2 }, { method });
    expect((await session.start()).phase).toBe('finished');
    const first = session.summary().metrics.filter((row) => row.metrics['step'] === 1);
    expect(first.map((row) => row.metrics['loss'])).toHaveLength(2);
    for (const row of first) expect(row.metrics['rewards/margins']).toBeCloseTo(0, 6);
    await session.dispose();
  });

  it('goes on from a saved adapter, compared with the model alone or with the adapter', async () => {
    const before = await makeSession({ steps: 3 });
    await before.session.start();
    const { settings } = before.session.policyPlan.adapter!;
    const files = writePeftAdapter(
      { settings, tensors: await before.session.weights() },
      { baseModel: null, fanInFanOut: false },
    );
    await before.session.dispose();
    const adapter = readPeftAdapter(files, linearModules(tinyModel().config));
    const margins = async (reference: 'base' | 'adapter') => {
      const { session } = await makeSession(
        { steps: 1, adapter: { ...defaultAdapter(), from: 'saved', reference } },
        { adapter },
      );
      await session.start();
      const margin = session.summary().metrics[0]!.metrics['rewards/margins']!;
      await session.dispose();
      return margin;
    };
    expect(await margins('adapter')).toBeCloseTo(0, 6);
    expect(Math.abs(await margins('base'))).toBeGreaterThan(1e-4);
  });

  it('leaves nothing on the device', async () => {
    const before = tf.memory().numTensors;
    const { session } = await makeSession({ steps: 2 });
    await session.start();
    await session.withModel('reference', async () => undefined);
    await session.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses modules that the model has not, with those it has', async () => {
    const adapter = { ...defaultAdapter(), targetModules: ['qproj'] };
    await expect(makeSession({ adapter })).rejects.toThrow(
      /no linear module "qproj"; did you mean "q_proj"\? Its modules are q_proj, k_proj/,
    );
  });
});
