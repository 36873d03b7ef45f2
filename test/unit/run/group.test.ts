import { beforeAll, describe, expect, it } from 'vitest';
import type { Method } from '../../../src/methods/method';
import { dpo } from '../../../src/methods/pairwise/dpo';
import { hinge } from '../../../src/methods/pairwise/hinge';
import { ipo } from '../../../src/methods/pairwise/ipo';
import { tgdpo } from '../../../src/methods/token-level/tgdpo';
import { armName, parseGroup, storedArms } from '../../../src/run/group';
import { TrainingSession } from '../../../src/run/session';
import { Turns } from '../../../src/run/turns';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import { describeMethod } from '../../../src/train/method-info';
import { defaultAdapter, defaultRun, type RunDocument } from '../../../src/train/run-document';
import type { RunEvent, RunSummary } from '../../../workers/protocol';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const methods = [dpo, ipo, hinge].map(onCorruptedPairs);
const documentOf = (method: Method): RunDocument => {
  const run = defaultRun(describeMethod(method), 'tiny');
  return {
    ...run,
    data: { ...run.data, difficulty: 'easy', trees: 4, maxTokens: 24 },
    steps: 5,
    batchSize: 2,
    evaluation: { every: 2, problems: 2 },
    checkpointEvery: 2,
  };
};

const memory = memorySessionStore();
const model = tinyModel();
type Told = [arm: number, what: string];

const arm = (method: Method, options: Partial<Parameters<typeof TrainingSession.create>[0]>) =>
  TrainingSession.create({
    runId: method.id,
    document: documentOf(method),
    method,
    task: arithmetic,
    model,
    backend,
    store: memory.store,
    emit: () => {},
    ...options,
  });

const numbersOf = ({ metrics, evaluations, probes }: RunSummary) => ({ metrics, evaluations, probes });

describe('a comparison', () => {
  it('trains in lock-step to the numbers that each arm would have alone, through a pause and a resume', async () => {
    const alone: ReturnType<typeof numbersOf>[] = [];
    for (const method of methods) {
      const session = await arm(method, { store: memorySessionStore().store });
      await session.start();
      alone.push(numbersOf(session.summary()));
      await session.dispose();
    }

    const told: Told[] = [];
    const note = (index: number) => (event: RunEvent) => {
      if (event.kind === 'metrics') told.push([index, `step ${event.metrics['step']}`]);
    };
    const open = (resume = false) => {
      const turns = new Turns();
      const group = { id: 'g', arms: methods.length };
      return Promise.all(
        methods.map((method, index) => {
          const [checkpoint, summary] = [memory.checkpoints.get(method.id), memory.runs.get(method.id)];
          return arm(method, {
            arm: { group: { ...group, arm: index }, turns },
            emit: note(index),
            ...(resume && checkpoint && summary && { resume: { checkpoint, summary } }),
          });
        }),
      );
    };
    const first = await open();
    await Promise.all(first.map((run) => run.stepOnce()));
    expect(told).toEqual([
      [0, 'step 1'],
      [1, 'step 1'],
      [2, 'step 1'],
    ]);
    const going = first.map((run) => run.start());
    while (told.length < 7) await new Promise((done) => setTimeout(done, 1));
    await Promise.all(first.map((run) => run.pause()));
    await Promise.all(going);
    // Whoever was ahead when the pause came, all rest at the same step.
    expect(new Set(first.map((run) => run.status().step)).size).toBe(1);
    const order = told.map(([index]) => index);
    expect(order).toEqual(order.map((_, i) => i % 3));

    expect(memory.runs.get('ipo')!.group).toEqual({ id: 'g', arm: 1, arms: 3 });
    await Promise.all(first.map((run) => run.dispose()));

    const second = await open(true);
    await Promise.all(second.map((run) => run.start()));
    expect(second.map((run) => run.status().phase)).toEqual(['finished', 'finished', 'finished']);
    expect(second.map((run) => numbersOf(run.summary()))).toEqual(alone);
    await Promise.all(second.map((run) => run.dispose()));
  });

  it('keeps numbers apart of arms that differ in all else, and goes on when one fails', async () => {
    const broken: Method = {
      ...methods[0]!,
      id: 'broken',
      passes: () => [
        {
          id: 'dpo',
          label: 'broken',
          objective: {
            ...methods[0]!.passes(documentOf(methods[0]!).method.params)[0]!.objective,
            loss: () => {
              throw new Error('This loss breaks.');
            },
          },
        },
      ],
    };
    const arms: [Method, Partial<RunDocument>][] = [
      [methods[0]!, { accumulate: 2, batchSize: 1 }],
      [broken, {}],
      [methods[1]!, { adapter: { ...defaultAdapter(), rank: 2 }, seed: 9 }],
      [onCorruptedPairs(tgdpo), { steps: 3 }],
    ];
    const made = (
      [method, changes]: (typeof arms)[number],
      options: Partial<Parameters<typeof TrainingSession.create>[0]>,
    ) => arm(method, { document: { ...documentOf(method), ...changes }, ...options });
    const alone: ReturnType<typeof numbersOf>[] = [];
    for (const each of arms) {
      const session = await made(each, { store: memorySessionStore().store });
      await session.start();
      alone.push(numbersOf(session.summary()));
      await session.dispose();
    }
    const turns = new Turns();
    const { store } = memorySessionStore();
    const group = { id: 'g', arms: arms.length };
    const errors: string[] = [];
    const together = await Promise.all(
      arms.map((each, index) =>
        made(each, {
          ...{ store, runId: `run ${index}`, arm: { group: { ...group, arm: index }, turns } },
          emit: (event) => event.kind === 'error' && errors.push(`${index}: ${event.message}`),
        }),
      ),
    );
    await Promise.all(together.map((run) => run.start()));
    expect(together.map((run) => run.status().phase)).toEqual(['finished', 'failed', 'finished', 'finished']);
    expect(errors).toEqual(['1: This loss breaks.']);
    expect(together.map((run) => numbersOf(run.summary()))).toEqual(alone);
    await Promise.all(together.map((run) => run.dispose()));
  });

  it('lets an arm that is behind catch up, and goes on when one has left', async () => {
    const turns = new Turns();
    const done: string[] = [];
    const run = async (index: number, had: number, until: number) => {
      turns.join(index, had);
      for (let k = had; k < until; k++) await turns.take(index, async () => void done.push(`${index}:${k}`));
      turns.leave(index);
    };
    await Promise.all([run(0, 3, 5), run(1, 1, 6)]);
    expect(done).toEqual(['1:1', '1:2', '0:3', '1:3', '0:4', '1:4', '1:5']);
  });

  it('names arm and field of what is wrong', () => {
    const catalogue = methods.map(describeMethod);
    const good = documentOf(methods[0]!);
    expect(() => parseGroup([good, { ...good, steps: 0 }], catalogue)).toThrow('b.steps');
    expect(() => parseGroup([good], catalogue)).toThrow('two to 4 arms');
    expect(() => parseGroup([good, { ...good, backend: 'cpu' }], catalogue)).toThrow('auto and cpu');
    expect(parseGroup([good, good], catalogue)).toHaveLength(2);
    expect(armName(3)).toBe('D');
    const stored = [1, 0].map((index) => ({ group: { id: 'g', arm: index, arms: 3 } })) as RunSummary[];
    expect(() => storedArms('g', stored)).toThrow('2 are stored');
    expect(() => storedArms('h', stored)).toThrow('no stored comparison');
  });
});
