import { beforeAll, describe, expect, it } from 'vitest';
import { svpo } from '../../../src/methods/valued/svpo';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { Task } from '../../../src/tasks/task';
import type { BackendInfo } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultRun } from '../../../src/train/run-document';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

/** A world for a model that has learned nothing: a line is right when its length is even. */
const evenLines: Task = {
  ...arithmetic,
  verify: (_problem, response) => {
    let at = 0;
    const steps = arithmetic.splitSteps(response).map((text) => {
      const start = at;
      at += text.length;
      const correct = text.length % 2 === 0;
      return { start, end: at, text, correct, reason: correct ? '' : 'odd' };
    });
    const firstWrongStep = steps.findIndex(({ correct }) => !correct);
    return { steps, correct: firstWrongStep < 0, answer: response, firstWrongStep };
  },
};

const sourceParams = {
  simulations: 3,
  children: 3,
  depth: 3,
  temperature: 1,
  topP: 1,
  gap: 0.1,
  onRightPath: false,
};

const document = (): RunDocument => {
  const run = defaultRun(svpo, 'tiny');
  const source = run.data.source!;
  return {
    ...run,
    method: { ...run.method, params: { ...run.method.params, beams: 2, candidates: 2 } },
    data: {
      ...run.data,
      difficulty: 'easy',
      trees: 4,
      maxTokens: 24,
      source: { ...source, params: { ...source.params, ...sourceParams } },
    },
    optimizer: { ...run.optimizer, learningRate: 3e-3 },
    schedule: { kind: 'constant', warmup: 0 },
    steps: 2,
    batchSize: 2,
    evaluation: { every: 0, problems: 3 },
    checkpointEvery: 1,
  };
};

type Memory = ReturnType<typeof memorySessionStore>;

/** @param atSearch called at the first sign of the second round's search */
const open = (memory: Memory, atSearch: () => void = () => {}, resume = false) => {
  let seen = false;
  const state = { round: '' };
  return TrainingSession.create({
    runId: 'run',
    document: document(),
    method: svpo,
    task: evenLines,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: (event) => {
      if (event.kind === 'status') state.round = event.status.stage.id;
      if (event.kind !== 'progress' || event.phase !== 'collecting' || state.round !== 'round-2' || seen)
        return;
      seen = true;
      atSearch();
    },
    ...(resume && {
      resume: { checkpoint: memory.checkpoints.get('run')!, summary: memory.runs.get('run')! },
    }),
  });
};

const endOf = async (session: TrainingSession) => {
  const weights = await session.weights();
  const { metrics, evaluations } = session.summary();
  await session.dispose();
  return { metrics, evaluations, weights: [...weights].map(([name, { data }]) => [name, [...data]]) };
};

describe('rounds of search', () => {
  it('go on bit for bit after a pause and after a death inside the search of a round', async () => {
    const before = tf.memory().numTensors;
    const whole = await open(memorySessionStore());
    expect((await whole.start()).message).toMatch(/^Finished/);
    const expected = await endOf(whole);
    expect(expected.metrics.map(({ stage }) => stage)).toEqual(['round-1', 'round-1', 'round-2', 'round-2']);
    const ids = expected.evaluations.at(-1)!.measures!.map(({ id }) => id);
    expect(ids).toEqual(['guided-before', 'guided']);

    const memory = memorySessionStore();
    let left: Memory | undefined;
    const paused = await open(memory, () => {
      left = memory.left();
      void paused.pause();
    });
    const status = await paused.start();
    expect([status.phase, status.stage.id, status.step]).toEqual(['paused', 'round-2', 0]);
    await paused.start();
    expect(await endOf(paused)).toEqual(expected);

    const again = await open(left!, undefined, true);
    expect(again.status().stage.id).toBe('round-2');
    await again.start();
    expect(await endOf(again)).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
  });
});
