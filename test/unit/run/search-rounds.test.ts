import { beforeAll, describe, expect, it } from 'vitest';
import { alphallmCpl } from '../../../src/methods/curricula/alphallm-cpl';
import type { Method } from '../../../src/methods/method';
import type { Params } from '../../../src/methods/params';
import { svpo } from '../../../src/methods/valued/svpo';
import { TrainingSession } from '../../../src/run/session';
import type { BackendInfo } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultRun } from '../../../src/train/run-document';
import { evenLines } from '../../support/even-lines';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const sourceParams = {
  simulations: 3,
  children: 3,
  depth: 3,
  temperature: 1,
  topP: 1,
  gap: 0.1,
  onRightPath: false,
};

const documentOf = (method: Method, params: Params, steps: number): RunDocument => {
  const run = defaultRun(method, 'tiny');
  const source = run.data.source!;
  return {
    ...run,
    method: { ...run.method, params: { ...run.method.params, ...params } },
    data: {
      ...run.data,
      difficulty: 'easy',
      trees: 4,
      maxTokens: 24,
      source: { ...source, params: { ...source.params, ...sourceParams } },
    },
    optimizer: { ...run.optimizer, learningRate: 3e-3 },
    schedule: { kind: 'constant', warmup: 0 },
    steps,
    batchSize: 2,
    evaluation: { every: 0, problems: 3 },
    checkpointEvery: 1,
  };
};

type Memory = ReturnType<typeof memorySessionStore>;

interface Searching {
  method: Method;
  params: Params;
  steps: number;
  /** The pass whose search is broken into. */
  pass: string;
}

interface Hooks {
  /** Called in the midst of the search. */
  atSearch?: () => void;
  /** Called after each optimiser step. */
  atStep?: () => void;
  resume?: boolean;
}

const open = ({ method, params, steps, pass }: Searching, memory: Memory, hooks: Hooks = {}) => {
  let [round, signs] = ['', 0];
  return TrainingSession.create({
    runId: 'run',
    document: documentOf(method, params, steps),
    method,
    task: evenLines,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: (event) => {
      if (event.kind === 'status') round = event.status.stage.id;
      if (event.kind === 'metrics') hooks.atStep?.();
      if (event.kind !== 'progress' || event.phase !== 'collecting' || round !== pass) return;
      signs++;
      if (signs === 2) hooks.atSearch?.();
    },
    ...(hooks.resume && {
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

const rounds: Searching = {
  method: svpo,
  params: { beams: 2, candidates: 2 },
  steps: 2,
  pass: 'round-2',
};

/** One search, then epochs whose order is made anew by what the policy knows. */
const curriculum: Searching = { method: alphallmCpl, params: {}, steps: 5, pass: 'alphallm-cpl' };

describe('a run that searches', () => {
  it.each([
    ['in every round', rounds],
    ['once, before a curriculum', curriculum],
  ])('%s goes on bit for bit after a pause and after a death inside the search', async (_how, searching) => {
    const before = tf.memory().numTensors;
    const whole = await open(searching, memorySessionStore());
    expect((await whole.start()).message).toMatch(/^Finished/);
    const expected = await endOf(whole);

    const memory = memorySessionStore();
    let left: Memory | undefined;
    const paused = await open(searching, memory, {
      atSearch: () => {
        left = memory.left();
        void paused.pause();
      },
    });
    const status = await paused.start();
    expect([status.phase, status.stage.id, status.step]).toEqual(['paused', searching.pass, 0]);
    await paused.start();
    expect(await endOf(paused)).toEqual(expected);

    // A first search leaves its document and nothing else; a later one the checkpoint of the round before it.
    const stored = left!.checkpoints.has('run');
    expect(stored).toBe(status.stage.index > 0);
    expect(left!.runs.get('run')!.document).toEqual(
      documentOf(searching.method, searching.params, searching.steps),
    );
    const again = await open(searching, left!, { resume: stored });
    expect(again.status().stage.id).toBe(searching.pass);
    await again.start();
    expect(await endOf(again)).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('has a round of its own trees after each other, and measures decoding by the value', async () => {
    const whole = await open(rounds, memorySessionStore());
    await whole.start();
    const { metrics, evaluations } = await endOf(whole);
    expect(metrics.map(({ stage }) => stage)).toEqual(['round-1', 'round-1', 'round-2', 'round-2']);
    const ids = evaluations.at(-1)!.measures!.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['guided-before', 'guided']));
  });

  it('takes up the order of an epoch where the tab died in it', async () => {
    const memory = memorySessionStore();
    const left: Memory[] = [];
    const whole = await open(curriculum, memory, { atStep: () => left.push(memory.left()) });
    await whole.start();
    const expected = await endOf(whole);
    expect(left).toHaveLength(5); // four trees, two a step: deaths within epochs and at their ends
    for (const store of left.slice(1)) {
      const again = await open(curriculum, store, { resume: true });
      await again.start();
      expect(await endOf(again)).toEqual(expected);
    }
  });
});
