import { beforeAll, describe, expect, it } from 'vitest';
import type { Method } from '../../../src/methods/method';
import type { LossOutput } from '../../../src/methods/objective';
import { dpo } from '../../../src/methods/pairwise/dpo';
import { stepDpo } from '../../../src/methods/stepwise/step-dpo';
import { sft } from '../../../src/methods/supervised/sft';
import { tgdpo } from '../../../src/methods/token-level/tgdpo';
import { TrainingSession } from '../../../src/run/session';
import { defineSource } from '../../../src/sources/source';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { GpuError, initBackend, tf } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultRun } from '../../../src/train/run-document';
import type { RunEvent } from '../../../workers/protocol';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const pairDpo = onCorruptedPairs(dpo);

/** The method with its last loss changed. */
const withLoss = (method: Method, change: (output: LossOutput) => LossOutput): Method => ({
  ...method,
  passes: (params) =>
    method.passes(params).map((pass) => ({
      ...pass,
      objective: { ...pass.objective, loss: (input) => change(pass.objective.loss(input)) },
    })),
});

const documentOf = (method: Method, changes: Partial<RunDocument> = {}): RunDocument => {
  const run = defaultRun(method, 'tiny');
  return {
    ...run,
    data: { ...run.data, difficulty: 'easy', trees: 6, maxTokens: 24 },
    optimizer: { ...run.optimizer, learningRate: 3e-3 },
    steps: 4,
    batchSize: 2,
    evaluation: { every: 0, problems: 0 },
    checkpointEvery: 1,
    ...changes,
  };
};

const makeSession = async (
  method: Method,
  changes: Partial<RunDocument> = {},
  memory = memorySessionStore(),
) => {
  const events: RunEvent[] = [];
  const options = {
    runId: 'run',
    document: documentOf(method, changes),
    method,
    task: arithmetic,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: (event: RunEvent) => events.push(structuredClone(event)),
  };
  const session = await TrainingSession.create(options);
  return { session, events, memory, options };
};

const rows = (session: TrainingSession) => session.summary().metrics;

const resumed = (
  options: Parameters<typeof TrainingSession.create>[0],
  memory: ReturnType<typeof memorySessionStore>,
) =>
  TrainingSession.create({
    ...options,
    resume: { checkpoint: memory.checkpoints.get('run')!, summary: memory.runs.get('run')! },
  });

describe('TrainingSession', () => {
  it('says that a run is finished when all of it is stored', async () => {
    const memory = memorySessionStore();
    let heard: unknown;
    const session = await TrainingSession.create({
      runId: 'run',
      document: documentOf(pairDpo, { checkpointEvery: 0 }),
      method: pairDpo,
      task: arithmetic,
      model: tinyModel(),
      backend,
      store: memory.store,
      emit: (event) => {
        if (event.kind === 'status' && event.status.phase === 'finished')
          heard = structuredClone(memory.runs.get('run'));
      },
    });
    await session.start();
    expect(heard).toEqual({ ...session.summary(), updated: expect.any(Number) });
    await session.dispose();
  });

  it('fails readably when the GPU is lost, and goes on from its checkpoint to the same numbers', async () => {
    const whole = await makeSession(pairDpo);
    await whole.session.start();

    let lost = false;
    const breaking = withLoss(pairDpo, (output) => {
      if (lost) throw new GpuError('The GPU device was lost (reset).');
      return output;
    });
    const { session, events, memory, options } = await makeSession(breaking);
    await session.stepOnce();
    await session.stepOnce();
    lost = true;
    const status = await session.start();
    expect(status).toMatchObject({ phase: 'failed', step: 2, message: 'The GPU device was lost (reset).' });
    expect(events).toContainEqual({
      kind: 'error',
      name: 'GpuError',
      message: 'The GPU device was lost (reset).',
    });
    await expect(session.start()).rejects.toThrow('has failed');
    await session.dispose();

    lost = false;
    const again = await resumed(options, memory);
    expect(again.status()).toMatchObject({ phase: 'paused', step: 2 });
    expect(await again.start()).toMatchObject({ phase: 'finished' });
    expect(rows(again)).toEqual(rows(whole.session));

    // Opened once more it is finished, and shows its credit without being started.
    const opened = await resumed(options, memory);
    expect(opened.status().phase).toBe('finished');
    expect((await opened.credit(0)).responses.length).toBeGreaterThan(1);
  });

  it('trains DPO: the loss starts at log 2 and the margin grows', async () => {
    const { session } = await makeSession(pairDpo, { steps: 8, schedule: { kind: 'constant', warmup: 0 } });
    const status = await session.start();
    expect(status.phase).toBe('finished');
    const metrics = rows(session).map((row) => row.metrics);
    expect(metrics).toHaveLength(8);
    expect(metrics[0]!['loss']).toBeCloseTo(Math.log(2), 5);
    expect(metrics[0]!['rewards/margins']).toBeCloseTo(0, 5);
    expect(metrics.at(-1)!['rewards/margins']).toBeGreaterThan(0.05);
    expect(metrics.at(-1)!['loss']).toBeLessThan(metrics[0]!['loss']!);
    expect(metrics.map((m) => m['step'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await session.dispose();
  });

  it('gives the same numbers for the same document, and others for another seed', async () => {
    const run = async (seed: number) => {
      const { session } = await makeSession(pairDpo, { seed });
      await session.start();
      const metrics = rows(session);
      await session.dispose();
      return metrics;
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it.each([1, 2, 3])(
    'resumes from the checkpoint of step %i to bit-identical metrics and weights',
    async (killAt) => {
      const whole = await makeSession(pairDpo);
      await whole.session.start();
      const expected = rows(whole.session);
      const expectedWeights = await whole.session.weights();

      const { session, memory, options } = await makeSession(pairDpo);
      for (let i = 0; i < killAt; i++) await session.stepOnce();
      // The tab dies: nothing is said to the session, and a new one opens what was stored.
      const again = await resumed(options, memory);
      expect(again.status()).toMatchObject({ phase: 'paused', step: killAt });
      await again.start();
      expect(rows(again)).toEqual(expected);
      expect(await again.weights()).toEqual(expectedWeights);
      await Promise.all([whole.session.dispose(), session.dispose(), again.dispose()]);
    },
  );

  it('forgets rows that came after the checkpoint, and computes them again', async () => {
    const { session, memory, options } = await makeSession(pairDpo, { checkpointEvery: 2, steps: 5 });
    await session.start();
    const expected = rows(session);
    const checkpoint = structuredClone(memory.checkpoints.get('run')!);
    // Wind the stored run back to step 5 - 1 = 4 by replaying to a pause there.
    const other = await makeSession(pairDpo, { checkpointEvery: 2, steps: 5 });
    for (let i = 0; i < 4; i++) await other.session.stepOnce();
    const summary = { ...memory.runs.get('run')!, metrics: expected };
    const again = await TrainingSession.create({
      ...options,
      resume: { checkpoint: other.memory.checkpoints.get('run')!, summary },
    });
    expect(rows(again)).toEqual(expected.slice(0, 4));
    await again.start();
    expect(rows(again)).toEqual(expected);
    expect(checkpoint.step).toBe(5);
    await Promise.all([session.dispose(), other.session.dispose(), again.dispose()]);
  });

  it('accumulates 2 x 2 to the same as a batch of 4', async () => {
    const run = async (batchSize: number, accumulate: number) => {
      const { session } = await makeSession(pairDpo, { batchSize, accumulate });
      const status = await session.start();
      expect(status.message).toMatch(/^Finished/);
      const metrics = rows(session).map(({ metrics: m }) => [
        m['loss']!,
        m['grad_norm']!,
        m['rewards/margins']!,
      ]);
      await session.dispose();
      return metrics;
    };
    const [split, whole] = [await run(2, 2), await run(4, 1)];
    expect(split).toBeAllclose(whole, { rtol: 2e-4, atol: 1e-6 });
    const residual = split.flat().reduce((sum, x, i) => sum + x - whole.flat()[i]!, 0) / split.flat().length;
    expect(Math.abs(residual)).toBeLessThan(1e-5);
  });

  it('trains TGDPO in two stages, the second from the initial weights, and resumes inside the second', async () => {
    const method = onCorruptedPairs(tgdpo);
    const whole = await makeSession(method, { steps: 3 });
    await whole.session.start();
    const expected = rows(whole.session);
    expect(expected.map((row) => row.stage)).toEqual(['guide', 'guide', 'guide', 'tgdpo', 'tgdpo', 'tgdpo']);
    expect(expected[0]!.metrics['loss']).toBeCloseTo(Math.log(2), 5);
    expect(expected[3]!.metrics['loss']).toBeCloseTo(Math.log(2), 5);

    const { session, memory, options } = await makeSession(method, { steps: 3 });
    for (let i = 0; i < 4; i++) await session.stepOnce();
    const again = await resumed(options, memory);
    expect(again.status().stage).toMatchObject({ index: 1, count: 2, id: 'tgdpo' });
    await again.start();
    expect(rows(again)).toEqual(expected);
    await Promise.all([whole.session.dispose(), session.dispose(), again.dispose()]);
  });

  it('leaves the initial weights of the model as they were', async () => {
    const { session, options } = await makeSession(pairDpo);
    await session.start();
    expect([...options.model.weights]).toEqual([...tinyModel().weights]);
    const [name] = [...options.model.weights.keys()];
    expect((await session.weights()).get(name!)!.data).not.toEqual(options.model.weights.get(name!)!.data);
    await session.dispose();
  });

  it('learns the solutions with SFT, which has no reference and no comparisons', async () => {
    const { session, memory } = await makeSession(sft, {
      steps: 6,
      schedule: { kind: 'constant', warmup: 0 },
    });
    await session.start();
    const losses = rows(session).map((row) => row.metrics['loss']!);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.05);
    expect(memory.references.size).toBe(0);
    expect(rows(session)[0]!.metrics).not.toHaveProperty('rewards/margins');
    await session.dispose();
  });

  it('shows credit whose pushes are the gradient: scored tokens only, chosen up and rejected down', async () => {
    const { session } = await makeSession(onCorruptedPairs(stepDpo));
    await session.stepOnce();
    const view = await session.credit(0);
    const [chosen, rejected] = [
      view.responses.find((r) => r.role === 'chosen')!,
      view.responses.find((r) => r.role === 'rejected')!,
    ];
    expect(chosen.tokens.map((t) => t.text).join('')).not.toBe(rejected.tokens.map((t) => t.text).join(''));
    const scored = chosen.tokens.filter((t) => t.step >= 0);
    expect(scored.length).toBeGreaterThan(0);
    for (const t of scored) expect(t.push).toBeGreaterThan(0);
    for (const t of rejected.tokens.filter((t) => t.step >= 0)) expect(t.push).toBeLessThan(0);
    for (const t of chosen.tokens.filter((t) => t.step < 0))
      expect([t.push, t.reward, t.weight]).toEqual([0, 0, 0]);
    const sum = chosen.tokens.reduce((s, t) => s + t.reward, 0);
    expect(chosen.reward).toBeCloseTo(sum, 6);
    await session.dispose();
  });

  it('stops at a loss that is not finite, says why, and keeps the last good weights', async () => {
    let broken = false;
    const bad = withLoss(pairDpo, (output) =>
      broken ? { ...output, loss: tf.mul(output.loss, Number.NaN) } : output,
    );
    const made = await makeSession(bad, { steps: 6 });
    await made.session.stepOnce();
    await made.session.stepOnce();
    broken = true;
    const status = await made.session.start();
    expect(status.phase).toBe('failed');
    expect(status.message).toMatch(/step 3.*step 2 are kept.*learning rate/s);
    expect(made.events.some((e) => e.kind === 'error' && e.name === 'DivergedError')).toBe(true);
    for (const { data } of (await made.session.weights()).values()) {
      expect(data.every(Number.isFinite)).toBe(true);
    }
    expect(made.memory.checkpoints.get('run')!.step).toBe(2);
    await expect(made.session.start()).rejects.toThrow(/failed/);
    await made.session.dispose();
  });

  it('does not blame the learning rate for a loss that was not finite from the start', async () => {
    const bad = withLoss(pairDpo, (out) => ({ ...out, loss: tf.mul(out.loss, Number.POSITIVE_INFINITY) }));
    const made = await makeSession(bad, { steps: 6 });
    const status = await made.session.start();
    expect(status.phase).toBe('failed');
    expect(status.message).toMatch(
      /^loss is Infinity before anything was learned.*one of its parameters is too large/,
    );
    expect(status.message).not.toMatch(/lower/i);
    await made.session.dispose();
  });

  it('pauses in the middle and goes on; stop ends it with the weights kept', async () => {
    const { session, events } = await makeSession(pairDpo, { steps: 5 });
    const running = session.start();
    while (!events.some((e) => e.kind === 'metrics')) await new Promise((r) => setTimeout(r, 1));
    const paused = await session.pause();
    expect(paused.phase).toBe('paused');
    expect(await running).toEqual(paused);
    expect(paused.step).toBeLessThan(5);
    await session.stepOnce();
    expect(session.status().step).toBe(paused.step + 1);
    const stopped = await session.stop();
    expect(stopped.phase).toBe('stopped');
    await expect(session.start()).rejects.toThrow(/stopped/);
    expect((await session.weights()).size).toBeGreaterThan(0);
    await session.dispose();
  });

  it('says what happened when the data cannot be made', async () => {
    const source = defineSource({
      id: 'broken',
      name: 'Broken',
      summary: 'Fails.',
      params: {},
      makes: ['pairs'],
      // biome-ignore lint/correctness/useYield: it fails before the first tree
      async *make() {
        throw new Error('of 800 sampled answers none was wrong');
      },
    });
    const broken: Method = { ...dpo, sources: [source] };
    const { session } = await makeSession(broken);
    const status = await session.start();
    expect(status).toMatchObject({ phase: 'failed', message: 'of 800 sampled answers none was wrong' });
    await session.dispose();
  });

  it('refuses a checkpoint of other weights', async () => {
    const { session, memory, options } = await makeSession(pairDpo);
    await session.stepOnce();
    const model = { ...options.model, hash: 'other' };
    await expect(resumed({ ...options, model }, memory)).rejects.toThrow(/other weights/);
    await session.dispose();
  });

  it('never stores a checkpoint without the steps that lead to it, wherever the tab dies', async () => {
    const memory = memorySessionStore();
    const looked: [number, number][] = [];
    const looking =
      <A extends unknown[]>(write: (...args: A) => Promise<void>) =>
      async (...args: A) => {
        await write(...args);
        for (const [runId, { step }] of memory.checkpoints)
          looked.push([step, memory.runs.get(runId)?.metrics.length ?? 0]);
      };
    const { putRun, putCheckpoint } = memory.store;
    Object.assign(memory.store, { putRun: looking(putRun), putCheckpoint: looking(putCheckpoint) });
    const { session } = await makeSession(pairDpo, { steps: 6, checkpointEvery: 2 }, memory);
    await session.start();
    await session.dispose();
    expect(new Set(looked.map(([step]) => step))).toEqual(new Set([2, 4, 6]));
    for (const [step, rows] of looked) expect(rows).toBeGreaterThanOrEqual(step);
  });

  it('keeps the number of tensors constant from step to step, and frees all at the end', async () => {
    const before = tf.memory().numTensors;
    const { session } = await makeSession(pairDpo, { steps: 12, checkpointEvery: 0 });
    const counts: number[] = [];
    for (let i = 0; i < 10; i++) {
      await session.stepOnce();
      counts.push(tf.memory().numTensors);
    }
    expect(new Set(counts.slice(2)).size).toBe(1);
    await session.credit(0);
    expect(tf.memory().numTensors).toBe(counts.at(-1));
    await session.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a store that is full', () => {
  it('does not end the run, and is told each time', async () => {
    const memory = memorySessionStore();
    const full = async () => {
      throw new Error('There is no room left.');
    };
    Object.assign(memory.store, { putRun: full, putCheckpoint: full, putReferences: full, putDataset: full });
    const { session, events } = await makeSession(pairDpo, { steps: 2 }, memory);
    expect(await session.start()).toMatchObject({ phase: 'finished', step: 2 });
    expect(events.filter((e) => e.kind === 'checkpoint')).not.toHaveLength(0);
    for (const event of events) {
      if (event.kind === 'checkpoint')
        expect(event).toMatchObject({ stored: false, note: 'There is no room left.' });
    }
    await session.dispose();
  });

  it('scores only what its steps take, to the same numbers, and the rest when somebody looks at it', async () => {
    const flat = { schedule: { kind: 'constant' as const, warmup: 0 }, batchSize: 1 };
    const whole = await makeSession(pairDpo, { ...flat, steps: 6 });
    await whole.session.start();
    expect(whole.memory.references.size).toBe(6);
    const part = await makeSession(pairDpo, { ...flat, steps: 2 });
    await part.session.start();
    expect(part.memory.references.size).toBe(2);
    const bare = (session: TrainingSession) =>
      rows(session)
        .slice(0, 2)
        .map(({ metrics: m }) => [m['loss'], m['rewards/margins'], m['grad_norm']]);
    expect(bare(part.session)).toEqual(bare(whole.session));
    const scoring = part.events.filter((e) => e.kind === 'progress' && e.phase === 'scoring');
    expect(scoring.at(-1)).toMatchObject({ done: 2, total: 2 });
    for (let i = 0; i < 6; i++) {
      const view = await part.session.credit(i);
      expect(view.responses.flatMap((r) => r.tokens).some((t) => t.step >= 0 && t.referenceLogProb < 0)).toBe(
        true,
      );
    }
    await whole.session.dispose();
    await part.session.dispose();
  });

  it('scores for a guided pass what its steps take, and weighs another pair when somebody looks at it', async () => {
    const { session, events } = await makeSession(onCorruptedPairs(tgdpo), {
      steps: 1,
      batchSize: 2,
      schedule: { kind: 'constant', warmup: 0 },
    });
    await session.start();
    const scored = events.flatMap((e) => (e.kind === 'progress' && e.phase === 'scoring' ? [e.total] : []));
    expect(new Set(scored)).toEqual(new Set([2]));
    for (let i = 0; i < 6; i++) {
      const tokens = (await session.credit(i)).responses.flatMap((r) => r.tokens);
      expect(tokens.some((t) => t.step >= 0 && t.weight !== 1)).toBe(true);
    }
    await session.dispose();
  });
});
