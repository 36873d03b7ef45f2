import { beforeAll, describe, expect, it } from 'vitest';
import { clearPreferences } from '../../../src/methods/curricula/clear-preferences';
import { curryDpo } from '../../../src/methods/curricula/curry-dpo';
import type { Method } from '../../../src/methods/method';
import { logistic } from '../../../src/methods/pairwise/dpo';
import type { Params } from '../../../src/methods/params';
import { apo } from '../../../src/methods/rounds/apo';
import { dice } from '../../../src/methods/rounds/dice';
import { ilrDpo } from '../../../src/methods/rounds/ilr-dpo';
import type { RunDataset, SessionOptions } from '../../../src/run/run-context';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultRun } from '../../../src/train/run-document';
import { pairTree } from '../../../src/tree/build';
import { onMadeAnswers } from '../../support/made-answers';
import type { MemorySessionStore } from '../../support/memory-session-store';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

/** Data that need no able model, where the method takes the run's source; DICE's own source answers for itself. */
const madeFor = (method: Method): Method => {
  const { sources } = onMadeAnswers(method);
  return { ...method, sources };
};

const documentOf = (method: Method, params: Params = {}, changes: Partial<RunDocument> = {}): RunDocument => {
  const run = defaultRun(method, 'tiny');
  return {
    ...run,
    method: { id: method.id, params: { ...run.method.params, ...params } },
    data: { ...run.data, difficulty: 'easy', trees: 6, maxTokens: 24 },
    optimizer: { ...run.optimizer, learningRate: 3e-3 },
    schedule: { kind: 'constant', warmup: 0 },
    steps: 6,
    batchSize: 2,
    evaluation: { every: 0, problems: 2 },
    checkpointEvery: 2,
    ...changes,
  };
};

const optionsOf = (
  method: Method,
  document: RunDocument,
  memory: MemorySessionStore,
  more: Partial<SessionOptions> = {},
): SessionOptions => ({
  ...{ runId: 'run', document, method, task: arithmetic, model: tinyModel(), backend, store: memory.store },
  emit: () => undefined,
  ...more,
});

const outcomeOf = async (session: TrainingSession) => ({
  message: session.status().message,
  metrics: session.summary().metrics,
  evaluations: session.summary().evaluations,
  made: session.summary().made,
  weights: [...(await session.weights())].map(([name, { data }]) => [name, Array.from(data)] as const),
});

const run = async (method: Method, document: RunDocument, more: Partial<SessionOptions> = {}) => {
  const memory = memorySessionStore();
  const session = await TrainingSession.create(optionsOf(method, document, memory, more));
  await session.start();
  const outcome = { ...(await outcomeOf(session)), trees: session.treesMade };
  await session.dispose();
  return { ...outcome, memory };
};

describe.each<[string, Method, Params]>([
  ['APO', madeFor(apo), {}],
  ['iLR-DPO in rounds', madeFor(ilrDpo), {}],
  ['Curry-DPO by log-probs', madeFor(curryDpo), { gap: 'log-prob', beta: 0.5 }],
  ['Curry-DPO against the start', madeFor(curryDpo), { reference: 'fixed', order: 'hard-first' }],
  ['DICE', madeFor(dice), { rounds: 2, samples: 4, replay: 0.5, lengths: 'mean' }],
  ['clear preferences', madeFor(clearPreferences), {}],
])('a run of %s', (_name, method, params) => {
  it('goes on bit for bit, wherever in a later pass the tab dies', async () => {
    const document = documentOf(method, params);
    const left: MemorySessionStore[] = [];
    const memory = memorySessionStore();
    const passes = method.passes(document.method.params).map(({ id }) => id);
    const whole = await TrainingSession.create(
      optionsOf(method, document, memory, {
        emit: (event) => {
          const later = passes.length === 1 || ('stage' in event && event.stage !== passes[0]);
          if (event.kind === 'metrics' && later && memory.checkpoints.has('run')) left.push(memory.left());
        },
      }),
    );
    await whole.start();
    const expected = await outcomeOf(whole);
    expect(expected.message).toMatch(/^Finished/);
    expect(new Set(expected.metrics.map(({ stage }) => stage))).toEqual(new Set(passes));
    await whole.dispose();
    expect(left.length).toBeGreaterThan(2);
    for (const store of [left[0]!, left[left.length - 2]!]) {
      const [checkpoint, summary] = [store.checkpoints.get('run')!, store.runs.get('run')!];
      const again = await TrainingSession.create(
        optionsOf(method, document, store, { resume: { checkpoint, summary } }),
      );
      await again.start();
      expect(await outcomeOf(again)).toEqual(expected);
      await again.dispose();
    }
  });
});

describe('APO', () => {
  /** Iterated DPO, written out by hand. */
  const iterated: Method = {
    ...madeFor(apo),
    passes: () => [
      { id: 'round-1', label: '', objective: logistic({ beta: 0.1 }), share: 1 / 3 },
      ...[2, 3].map((k) => ({
        ...{ id: `round-${k}`, label: '', objective: logistic({ beta: 0.1 }), share: 1 / 3 },
        ...{ from: `round-${k - 1}`, reference: `round-${k - 1}`, trees: 'fresh' as const },
      })),
    ],
  };

  it('without momentum is iterated DPO bit for bit, and with some it is not', async () => {
    const of = async (method: Method, params: Params) => {
      const { metrics, weights } = await run(method, documentOf(method, params));
      return { metrics, weights };
    };
    const expected = await of(iterated, {});
    expect(await of(madeFor(apo), { alpha: 0 })).toEqual(expected);
    const ahead = await of(madeFor(apo), { alpha: 0.5 });
    expect(ahead.metrics[0]).toEqual(expected.metrics[0]);
    expect(ahead.weights).not.toEqual(expected.weights);
  });

  it('begins a round at (1 + alpha) of the last result less alpha of the one before, and returns the last one', () => {
    const passes = apo.passes({ beta: 0.1, alpha: 0.25, rounds: 3, growth: 10 });
    expect(passes.map(({ from, reference }) => [from, reference])).toEqual(
      ['start', 'round-1', 'round-2'].map((last, k) => {
        const blend =
          k === 0
            ? 'start'
            : [
                [1.25, last],
                [-0.25, k === 1 ? 'start' : 'round-1'],
              ];
        return [blend, blend];
      }),
    );
    expect(apo.result).toBeUndefined();
    expect(passes.map(({ objective }) => objective.rewardScale)).toEqual([0.1, 1, 10]);
  });
});

describe('iLR-DPO', () => {
  it('done once is the method of before there were rounds', () => {
    const [only, ...none] = ilrDpo.passes({ beta: 0.1, alpha: 0.02, rounds: 1 });
    expect(none).toEqual([]);
    expect(only).toMatchObject({ id: 'ilr-dpo', label: 'iLR-DPO' });
    expect(only).not.toHaveProperty('from');
    expect(only).not.toHaveProperty('share');
  });
});

describe('DICE', () => {
  const method = madeFor(dice);

  it('labels by what was gained against the model before, and says how far the verifier agrees', async () => {
    const document = documentOf(method, { rounds: 2, samples: 6, replay: 0.5 });
    const { made, memory } = await run(method, document);
    expect(Object.keys(made!)).toEqual(['dice-1', 'dice-2']);
    // A random model is never right, so that there is nothing for the verifier to agree with.
    for (const measures of Object.values(made!)) {
      expect(measures.map(({ id }) => id)).toEqual(['length-gap', 'length-price']);
    }
    const rounds = [...memory.datasets.values()].filter(([tree]) => tree!.id.startsWith('dice-'));
    expect(rounds.map((trees) => trees.length)).toEqual([6, 6]);
    for (const { responses, comparisons } of rounds.flat()) {
      expect(comparisons[0]!.margin).toBeCloseTo(responses[0]!.score! - responses[1]!.score!, 6);
      expect(comparisons[0]!.margin).toBeGreaterThan(0);
    }
    // Measured once, they are found with the trees that another run stored.
    const again = await TrainingSession.create(optionsOf(method, document, memorySessionStore(memory)));
    await again.start();
    expect(again.summary().made).toEqual(made);
    await again.dispose();
  });
});

describe('a file of examples', () => {
  const { tokenizer } = tinyModel();
  const tree = (i: number, text: string) =>
    pairTree({
      id: `row ${i}`,
      prompt: [1, ...tokenizer.encode(text)],
      chosenSteps: [[...tokenizer.encode(`A:${i}`), 2]],
      rejectedSteps: [[...tokenizer.encode(`A:${i + 1}`), 2]],
      scores: { chosen: 1, rejected: 0 },
      margin: i / 10,
    });
  const rows = Array.from({ length: 12 }, (_, i) => tree(i, `${1 + (i % 9)}+${i}=`));
  const dataset: RunDataset = {
    label: 'rows.jsonl',
    prepare: async () => ({ trees: rows, heldOut: [], report: {} as never }),
  };
  const onFile = (method: Method, params: Params) => {
    const document = documentOf(method, params);
    const { data } = document;
    const file = { id: 'data-1', settings: {} as never };
    return run(method, { ...document, data: { ...data, source: null, dataset: file } }, { dataset });
  };

  it('is shared out among the rounds of APO', async () => {
    const { message, metrics } = await onFile(apo, {});
    expect(message).toMatch(/^Finished/);
    // Of 12 rows each of 3 rounds has 4: two steps of 2 pairs are one epoch.
    expect(metrics.map(({ metrics: row }) => row['epoch'])).toEqual([0.5, 1, 0.5, 1, 0.5, 1]);
  });

  it('gives DICE prompts to answer without a judge, apart from the rows that are replayed', async () => {
    const { message, trees, made } = await onFile(dice, { rounds: 1, samples: 8, replay: 0.5 });
    expect(message).toMatch(/^Finished/);
    const promptsOf = (own: boolean) =>
      trees
        .filter(({ id }) => id.startsWith('dice-1/row') === own)
        .map(({ nodes }) => nodes[0]!.tokens.join(' '));
    const [answered, replayed] = [promptsOf(true), promptsOf(false)];
    const given = rows.map(({ nodes }) => nodes[0]!.tokens.join(' '));
    // At most half of the prompts are answered, the others being kept for replay; as many rows as answers are replayed.
    expect(answered.length).toBeGreaterThan(1);
    expect(answered.length).toBeLessThanOrEqual(6);
    expect(replayed.length).toBe(answered.length);
    expect(given).toEqual(expect.arrayContaining([...answered, ...replayed]));
    expect(answered.filter((prompt) => replayed.includes(prompt))).toEqual([]);
    expect(made!['dice-1']!.map(({ id }) => id)).toEqual(['length-gap', 'length-price']);
  });

  it('is cut into Curry-DPO’s stages by its margins', async () => {
    const passes = curryDpo.passes({
      beta: 0.1,
      stages: 3,
      order: 'easy-first',
      reference: 'moving',
      gap: 'rating',
      cut: 'all',
    });
    const { message, metrics } = await onFile(curryDpo, {});
    expect(message).toMatch(/^Finished/);
    expect(new Set(metrics.map(({ stage }) => stage))).toEqual(new Set(passes.map(({ id }) => id)));
  });
});
