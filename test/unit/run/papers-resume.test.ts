import { beforeAll, describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import type { Params } from '../../../src/methods/params';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import { type BackendInfo, initBackend } from '../../../src/tf';
import { defaultRun } from '../../../src/train/run-document';
import { onMadeAnswers } from '../../support/made-answers';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

/** Papers that train in passes, with the parameters that make them. */
const papers: [string, Params, RegExp][] = [
  ['full-step-dpo', {}, /^(prm,)+(full-step-dpo,?)+$/],
  ['madpo', {}, /^(reward,)+(madpo,?)+$/],
  ['brain', { proposals: 2 }, /^(brain,)+(brain-2,?)+$/],
  ['oreo', {}, /^(critic,)+(oreo,?)+$/],
  ['pre-dpo', { guide: 'simpo' }, /^(guide,)+(pre-dpo,?)+$/],
  ['orpo', { stages: 'two' }, /^(sft,)+(orpo,?)+$/],
];

describe('a paper that trains in passes', () => {
  it.each(papers)('goes on bit for bit where the tab dies: %s', async (id, params, order) => {
    const method = onMadeAnswers(methodById(id));
    const run = defaultRun(method, 'tiny');
    const document = {
      ...run,
      method: { id, params: { ...run.method.params, ...params } },
      data: { ...run.data, difficulty: 'easy', trees: 4, maxTokens: 24 },
      optimizer: { ...run.optimizer, learningRate: 3e-3 },
      schedule: { kind: 'constant' as const, warmup: 0 },
      steps: 4,
      batchSize: 2,
      evaluation: { every: 0, problems: 0 },
      checkpointEvery: 1,
    };
    const left: ReturnType<typeof memorySessionStore>[] = [];
    const memory = memorySessionStore();
    const options = { runId: 'run', document, method, task: arithmetic, model: tinyModel(), backend };
    const whole = await TrainingSession.create({
      ...options,
      store: memory.store,
      emit: (event) => {
        // Inside the first pass, at its end, and inside the next one.
        if (event.kind === 'metrics') left.push(memory.left());
      },
    });
    expect((await whole.start()).message).toMatch(/^Finished/);
    const outcome = async (session: TrainingSession) => ({
      metrics: session.summary().metrics,
      weights: [...(await session.weights())].map(([name, { data }]) => [name, Array.from(data)] as const),
    });
    const expected = await outcome(whole);
    expect(expected.metrics.map(({ stage }) => stage).join(',')).toMatch(order);
    await whole.dispose();
    const first = left.findIndex((store) => store.checkpoints.size > 0);
    for (const at of new Set([Math.max(first, 1), left.length - 2])) {
      const store = left[at]!;
      const resume = { checkpoint: store.checkpoints.get('run')!, summary: store.runs.get('run')! };
      const again = await TrainingSession.create({
        ...options,
        store: store.store,
        emit: () => undefined,
        resume,
      });
      await again.start();
      expect(await outcome(again)).toEqual(expected);
      await again.dispose();
    }
  });
});
