import { beforeAll, expect, it } from 'vitest';
import type { Method } from '../../../src/methods/method';
import { iterativeRpo } from '../../../src/methods/rounds/iterative-rpo';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import { defaultRun } from '../../../src/train/run-document';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

it('trains in rounds, each on pairs of its own and against the last one’s result', async () => {
  const paired = onCorruptedPairs(iterativeRpo);
  // A model that has learned nothing is never right, so that its answers are corrupted solutions in every round.
  const method: Method = {
    ...paired,
    passes: (params) =>
      paired.passes(params).map((pass) => ({ ...pass, ...(pass.trees && { trees: paired.sources[0]! }) })),
  };
  const run = defaultRun(method, 'tiny');
  const memory = memorySessionStore();
  const session = await TrainingSession.create({
    runId: 'run',
    document: {
      ...run,
      method: { ...run.method, params: { ...run.method.params, rounds: 2 } },
      data: { ...run.data, difficulty: 'easy', trees: 4, maxTokens: 24 },
      optimizer: { ...run.optimizer, learningRate: 3e-3 },
      steps: 3, // of each round; the first is the warm-up's and moves nothing
      batchSize: 2,
      evaluation: { every: 0, problems: 0 },
    },
    method,
    task: arithmetic,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: () => {},
  });
  await session.start();
  const rows = session.summary().metrics.map(({ metrics }) => metrics);
  expect(session.summary().metrics.map(({ stage }) => stage)).toEqual([
    'round-1',
    'round-1',
    'round-1',
    'round-2',
    'round-2',
    'round-2',
  ]);
  for (const row of rows) {
    expect(row['loss']).toBeCloseTo(row['loss/preference']! + row['loss/likelihood']!, 4);
  }
  // A round begins with policy and reference the same, where every margin is 0.
  expect(rows.map((row) => Math.abs(row['rewards/margins']!) < 1e-6)).toEqual([
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
  // A round's pairs are its own.
  expect(memory.datasets.size).toBe(2);
});
