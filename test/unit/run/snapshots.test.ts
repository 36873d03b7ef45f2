import { beforeAll, expect, it } from 'vitest';
import { dpo } from '../../../src/methods/pairwise/dpo';
import type { SessionOptions } from '../../../src/run/run-context';
import { TrainingSession } from '../../../src/run/session';
import { snapshotPlan } from '../../../src/run/snapshot-plan';
import { bestKey } from '../../../src/store/run-keys';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { defaultRun, type RunDocument } from '../../../src/train/run-document';
import type { CreditView, RunEvent } from '../../../workers/protocol';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { type MemorySessionStore, memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const method = onCorruptedPairs(dpo);
const run = defaultRun(method, 'tiny');
const document: RunDocument = {
  ...run,
  data: { ...run.data, difficulty: 'easy', trees: 6, maxTokens: 24 },
  optimizer: { ...run.optimizer, learningRate: 3e-3 },
  steps: 6,
  batchSize: 2,
  evaluation: { every: 2, problems: 2 },
  checkpointEvery: 2,
  snapshots: 4,
};

const optionsOf = (memory: MemorySessionStore, changes: Partial<RunDocument> = {}): SessionOptions => ({
  runId: 'run',
  document: { ...document, ...changes },
  method,
  task: arithmetic,
  model: tinyModel(),
  backend,
  store: memory.store,
  emit: () => undefined,
});

const outcomeOf = async (session: TrainingSession) => ({
  metrics: session.summary().metrics,
  evaluations: session.summary().evaluations,
  weights: [...(await session.weights())].map(([name, { data }]) => [name, Array.from(data)] as const),
});

const steps = (session: TrainingSession) => session.summary().snapshots?.map(({ step }) => step);

const numbersOf = ({ loss, responses }: CreditView) => [
  loss,
  responses.map(({ tokens }) => tokens.map(({ policyLogProb, push }) => [policyLogProb, push])),
];

it('keeps weights on the way without a change to the run, and shows the credit of then', async () => {
  const bare = await TrainingSession.create(optionsOf(memorySessionStore(), { snapshots: 0 }));
  await bare.start();
  expect(bare.summary().snapshots).toBeUndefined();
  expect(bare.summary().best).toBeUndefined();
  const expected = await outcomeOf(bare);
  await bare.dispose();

  const memory = memorySessionStore();
  const events: RunEvent[] = [];
  const session = await TrainingSession.create({
    ...optionsOf(memory),
    emit: (event) => events.push(structuredClone(event)),
  });
  await session.stepOnce();
  await session.stepOnce();
  const then = numbersOf(await session.credit(1));
  await session.start();
  expect(await outcomeOf(session)).toEqual(expected);
  expect(steps(session)).toEqual([0, 2, 4, 6]);
  const told = events.flatMap((e) => (e.kind === 'snapshot' && !e.best ? [e.step] : []));
  expect(told).toEqual([0, 2, 4, 6]);
  const now = numbersOf(await session.credit(1));
  expect(now).not.toEqual(then);
  const before = tf.memory().numTensors;
  expect(numbersOf(await session.credit(1, 2))).toEqual(then);
  expect(numbersOf(await session.credit(1, 6))).toEqual(now);
  // What was likely before the first step is what the tokens are measured from.
  const [start] = (await session.credit(1, 0)).responses;
  for (const { policyLogProb, startLogProb, step } of start!.tokens)
    if (step >= 0) expect(startLogProb).toBeCloseTo(policyLogProb, 6);
  expect(tf.memory().numTensors).toBe(before);
  await expect(session.credit(1, 3)).rejects.toThrow('kept are steps 0, 2, 4, 6');
  await session.dispose();
});

it('keeps what a tab that dies leaves, and the whole state of the best evaluation', async () => {
  const memory = memorySessionStore();
  const left: MemorySessionStore[] = [];
  const whole = await TrainingSession.create({
    ...optionsOf(memory),
    emit: (event) => {
      if (event.kind === 'metrics' && event.metrics['step'] === 5) left.push(memory.left());
    },
  });
  await whole.start();
  const expected = await outcomeOf(whole);
  const { best, evaluations } = whole.summary();
  await whole.dispose();

  const [store] = left;
  const again = await TrainingSession.create({
    ...optionsOf(store!),
    resume: { checkpoint: store!.checkpoints.get('run')!, summary: store!.runs.get('run')! },
  });
  expect(steps(again)).toEqual([0, 2, 4]);
  expect((await again.credit(0, 2)).loss).toBeGreaterThan(0);
  await again.start();
  expect(await outcomeOf(again)).toEqual(expected);
  expect(steps(again)).toEqual([0, 2, 4, 6]);
  expect(again.summary().best).toEqual(best);
  await again.dispose();

  // The first of the evaluations with the greatest accuracy; from its state the run goes on to the same numbers.
  const after = evaluations.filter(({ step }) => step > 0);
  const top = Math.max(...after.map(({ accuracy }) => accuracy));
  expect(best).toEqual({ stage: 'dpo', step: after.find((e) => e.accuracy === top)!.step, score: top });
  const back = await TrainingSession.create({
    ...optionsOf(memory),
    resume: {
      checkpoint: { ...memory.checkpoints.get(bestKey('run'))!, runId: 'run' },
      summary: { ...memory.runs.get('run')!, phase: 'paused' },
    },
  });
  expect(back.status()).toMatchObject({ phase: 'paused', step: best!.step });
  expect(back.summary().metrics).toHaveLength(best!.step);
  await back.start();
  expect(await outcomeOf(back)).toEqual(expected);
  await back.dispose();
});

it('tries no more once the disk is full, and trains on', async () => {
  const memory = memorySessionStore();
  let refusals = 0;
  const store = {
    ...memory.store,
    putKept: async () => {
      refusals++;
      throw new Error('full');
    },
  };
  const session = await TrainingSession.create({ ...optionsOf(memory), store });
  await session.start();
  expect(session.status().phase).toBe('finished');
  expect([refusals, session.summary().snapshots]).toEqual([1, undefined]);
  await session.dispose();
});

it('never keeps more than was asked for, over any passes, and always the end', () => {
  const kept = (passes: number[], most: number) => {
    const plan = snapshotPlan(passes, most);
    return passes.map((steps, pass) =>
      Array.from({ length: steps + 1 }, (_, step) => step).filter((step) => plan(pass, step)),
    );
  };
  expect(kept([6], 4)).toEqual([[0, 2, 4, 6]]);
  expect(kept([7], 4)).toEqual([[0, 3, 6, 7]]);
  expect(kept([4, 2], 5)).toEqual([
    [0, 2, 4],
    [0, 2],
  ]);
  expect(kept([5, 5, 5], 2)).toEqual([[5], [], [5]]);
  expect(kept([5], 0)).toEqual([[]]);
  for (const passes of [[30], [40], [1], [80, 80], [10, 200, 3], Array.from({ length: 31 }, () => 5)])
    for (const most of [1, 2, 7, 20]) {
      const all = kept(passes, most);
      expect(all.flat().length, `${passes} ${most}`).toBeLessThanOrEqual(most);
      expect(all.at(-1)!.at(-1)).toBe(passes.at(-1));
    }
});
