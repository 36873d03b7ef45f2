import { beforeAll, describe, expect, it } from 'vitest';
import { pick } from '../../../src/methods/maths';
import type { Method } from '../../../src/methods/method';
import type { Frozen, Head, Objective } from '../../../src/methods/objective';
import type { Order, OrderContext } from '../../../src/methods/order';
import { dpo, logistic } from '../../../src/methods/pairwise/dpo';
import type { Blend, Pass } from '../../../src/methods/pass';
import { sumWeights } from '../../../src/run/blend';
import { sumAdapters } from '../../../src/run/blend-adapters';
import type { SessionOptions } from '../../../src/run/run-context';
import { TrainingSession } from '../../../src/run/session';
import { labelled, pairTree } from '../../../src/search/build-trees';
import { promptTokens } from '../../../src/search/prompt-tokens';
import { defineSource } from '../../../src/sources/source';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo, Scalar, Tensor1D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../../src/train/run-document';
import type { RunEvent } from '../../../workers/protocol';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import type { MemorySessionStore } from '../../support/memory-session-store';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const compare = logistic({ beta: 0.5 });

/** A method of these passes on pairs that need no model. */
const methodOf = (passes: readonly Pass[], result?: Blend): Method => ({
  ...onCorruptedPairs(dpo),
  id: 'made-up',
  name: 'Made up',
  passes: () => passes,
  ...(result !== undefined && { result: () => result }),
});

const pass = (id: string, more: Partial<Pass> = {}): Pass => ({ id, label: id, objective: compare, ...more });

const rewardHead: Head = { name: 'reward', at: 'answer' };
const rewardModel: Objective = {
  reads: { head: rewardHead },
  loss({ pairs, head }) {
    const gap = pairs.difference(head!);
    return { loss: tf.mean(tf.softplus(tf.neg(gap))) as Scalar, over: pairs.count, rewards: head! };
  },
};

/** Pairs weighted by what a reward model says of them. */
const weighted = (model: Blend): Objective => ({
  reads: { reference: true, frozen: { r: { model, read: 'head' } satisfies Frozen } },
  loss({ pairs, constants }) {
    const gap = pairs.difference(constants['r']!.tensor);
    const loss = tf.mul(tf.softplus(tf.mul(gap, -5)), tf.softplus(pairs.margin(-0.5)));
    return { loss: tf.mean(loss) as Scalar, over: pairs.count };
  },
});

/** DPO, and beside it values of every state that learn how likely the token is. */
const valued: Objective = {
  reads: { reference: true, head: { name: 'value', at: 'state', tanh: true } },
  loss({ pairs, tokens, head }) {
    const used = Array.from({ length: tokens.used }, (_, m) => m);
    const off = tf.sub(pick(head!, used), tf.exp(pick(tokens.logProb, used))) as Tensor1D;
    const preferred = tf.mean(tf.softplus(pairs.margin(-0.5)));
    return { loss: tf.add(preferred, tf.mean(tf.square(off))) as Scalar, over: pairs.count };
  },
};

const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

/** The half of the trees that the policy finds least likely, the easiest first; or by what it has gained on the reference. */
const easiest = (by: 'policy' | 'gain'): Order => ({
  id: `easiest by ${by}`,
  async epoch({ trees, policy, reference }: OrderContext) {
    const scores = (await policy()).map(sum);
    const before = by === 'gain' ? (await reference()).map(sum) : scores.map(() => 0);
    const value = scores.map((x, i) => x - before[i]!);
    const sorted = [...trees.keys()].sort((a, b) => value[a]! - value[b]!);
    return sorted.slice(0, trees.length / 2).reverse();
  },
});

/** The task's solution before whatever the policy says: a random model is able enough for that. */
const babble = defineSource({
  id: 'babble',
  name: 'Babble',
  summary: 'Whatever the model says, rejected.',
  params: {},
  makes: ['pairs'],
  async *make(ctx) {
    for (let i = 0; i < ctx.count; i++) {
      const problem = ctx.problems();
      const prompt = promptTokens(ctx.tokenizer, problem);
      const [[sample] = []] = await ctx.sample([{ tokens: prompt }], {
        temperature: 1,
        count: 1,
        maxTokens: 6,
      });
      const steps = (tokens: number[]) => labelled([{ text: '', tokens }], () => 1);
      const chosen = [...ctx.tokenizer.encode(problem.solution), ctx.tokenizer.eos];
      yield pairTree({
        id: `${problem.id}#${i}`,
        prompt,
        chosen: steps(chosen),
        rejected: steps([...sample!.tokens]),
      });
    }
  },
});

/** Three passes each; the tab dies inside the second. */
const cases: Record<string, Method> = {
  'a moving reference': methodOf([
    pass('a'),
    pass('b', { from: 'a', refresh: { every: 1, mix: 0.6 } }),
    pass('c', { from: 'b', reference: 'a', refresh: { every: 2, mix: 1 } }),
  ]),
  'a blended start': methodOf(
    [
      pass('a'),
      pass('b', {
        from: [
          [1.3, 'a'],
          [-0.3, 'start'],
        ],
        reference: 'a',
      }),
      pass('c', {
        from: [
          [0.5, 'a'],
          [0.5, 'b'],
        ],
      }),
    ],
    [
      [0.25, 'a'],
      [0.75, 'c'],
    ],
  ),
  'a frozen reward model': methodOf([
    pass('a', { objective: rewardModel }),
    pass('b', { objective: weighted('a') }),
    pass('c', { from: 'b', objective: weighted('a') }),
  ]),
  'a value head': methodOf([
    pass('a', { objective: valued }),
    pass('b', { from: 'a', objective: valued }),
    pass('c', {
      from: [
        [2, 'b'],
        [-1, 'a'],
      ],
      objective: valued,
    }),
  ]),
  'an order by the policy': methodOf([
    pass('a'),
    pass('b', { from: 'a', order: easiest('policy') }),
    pass('c', { from: 'b', order: easiest('gain') }),
  ]),
  're-sampled trees': methodOf([
    pass('a'),
    pass('b', { from: 'a', trees: babble }),
    pass('c', { from: 'b', trees: { of: 'b' } }),
  ]),
  'trees mixed with those of the run': methodOf([
    pass('a', { trees: babble }),
    pass('b', { from: 'a', trees: babble, replay: 0.5 }),
    pass('c', { from: 'b', trees: { of: 'b' }, share: 0.5 }),
  ]),
};

const documentOf = (method: Method, changes: Partial<RunDocument> = {}): RunDocument => {
  const run = defaultRun(method, 'tiny');
  return {
    ...run,
    data: { ...run.data, difficulty: 'easy', trees: 4, maxTokens: 16 },
    optimizer: { ...run.optimizer, learningRate: changes.adapter ? 2e-2 : 3e-3 },
    schedule: { kind: 'constant', warmup: 0 },
    steps: 4,
    batchSize: 2,
    evaluation: { every: 2, problems: 2 },
    checkpointEvery: 3,
    ...changes,
  };
};

type Made = { session: TrainingSession; options: SessionOptions; memory: MemorySessionStore };

const optionsOf = (
  method: Method,
  changes: Partial<RunDocument> = {},
  memory = memorySessionStore(),
  emit: (event: RunEvent) => void = () => undefined,
): SessionOptions => ({
  runId: 'run',
  document: documentOf(method, changes),
  method,
  task: arithmetic,
  model: tinyModel(),
  backend,
  store: memory.store,
  emit,
});

/** A session in a new tab that finds what is in the store. */
const reopen = async (options: SessionOptions, memory: MemorySessionStore): Promise<Made> => {
  const [checkpoint, summary] = [memory.checkpoints.get('run')!, memory.runs.get('run')!];
  const next = { ...options, store: memory.store, emit: () => undefined, resume: { checkpoint, summary } };
  return { session: await TrainingSession.create(next), options: next, memory };
};

/** Everything that a run gave. */
const outcomeOf = async (session: TrainingSession) => ({
  metrics: session.summary().metrics,
  evaluations: session.summary().evaluations,
  weights: [...(await session.weights())].map(([name, { data }]) => [name, Array.from(data)] as const),
  phase: session.status().phase,
});

describe.each(Object.entries(cases))('a run with %s', (_name, method) => {
  it.each([
    ['all weights', {}],
    ['an adapter', { adapter: { ...defaultAdapter(), rank: 2, alpha: 4, dropout: 0.1 } }],
  ])(
    'goes on bit for bit with %s, wherever in the second of three passes the tab dies',
    async (_what, changes) => {
      const left: MemorySessionStore[] = [];
      const memory = memorySessionStore();
      const whole = await TrainingSession.create(
        optionsOf(method, changes, memory, (event) => {
          // The tab dies with the step done and nothing of it stored, or just after the first one of the next pass.
          if (event.kind === 'metrics' && event.stage !== 'a' && (event.stage === 'b' || left.length === 4)) {
            left.push(memory.left());
          }
        }),
      );
      const before = tf.memory().numTensors;
      expect((await whole.start()).message).toMatch(/^Finished/);
      const expected = await outcomeOf(whole);
      expect(expected.metrics.map(({ stage }) => stage).join('')).toMatch(/^aaaabbbbc{2,4}$/);
      expect(new Set(expected.metrics.map(({ metrics }) => metrics['loss'])).size).toBeGreaterThan(8);
      await whole.dispose();
      expect(tf.memory().numTensors).toBeLessThanOrEqual(before);
      expect(left.length).toBe(5);
      for (const store of left) {
        const again = await reopen(optionsOf(method, changes), store);
        expect(again.session.status()).toMatchObject({ phase: 'paused', stage: { count: 3 } });
        await again.session.start();
        expect(await outcomeOf(again.session)).toEqual(expected);
        await again.session.dispose();
      }
      // Opened once more it is finished, and has what it returned.
      const finished = await reopen(optionsOf(method, changes), memory);
      expect(await outcomeOf(finished.session)).toEqual(expected);
      await finished.session.dispose();
    },
  );
});

describe('what a run returns', () => {
  const blend = [
    [0.25, 'a'],
    [0.75, 'b'],
  ] as const;
  it.each([
    ['all weights', {}, sumWeights],
    ['an adapter', { adapter: { ...defaultAdapter(), rank: 2 } }, sumAdapters],
  ])('is the blend that the method names, with %s', async (_what, changes, add) => {
    const memory = memorySessionStore();
    const options = optionsOf(methodOf([pass('a'), pass('b', { from: 'a' })], blend), changes, memory);
    const session = await TrainingSession.create(options);
    await session.start();
    const [a, b] = [memory.kept.get('run/a')!, memory.kept.get('run/b')!];
    const merged = await session.weights();
    expect(merged).toEqual(
      add([
        [0.25, a],
        [0.75, b],
      ]),
    );
    expect(merged).not.toEqual(b);
    expect(session.summary().evaluations.length).toBe(1 + 2 + 2 + 1); // the merged weights are answered for too
    await session.dispose();
    const again = await reopen(options, memory);
    expect(again.session.status().phase).toBe('finished');
    expect(await again.session.weights()).toEqual(merged);
    await again.session.dispose();
  });
});

describe('what does not fit', () => {
  const frozen = (read: 'head' | 'logProb', model: Blend): Objective => ({
    ...compare,
    reads: { reference: true, frozen: { r: { model, read } } },
  });
  it.each<[string, Pass[], Blend | undefined, RegExp]>([
    [
      'a later pass',
      [pass('a', { from: 'b' }), pass('b')],
      undefined,
      /pass "a" names "b" as its initial weights, which comes later/,
    ],
    [
      'a later pass in a sum',
      [pass('a', { reference: [[1, 'b']] }), pass('b')],
      undefined,
      /"a" names "b" as its reference, which comes later/,
    ],
    [
      'itself',
      [pass('a', { objective: frozen('logProb', 'a') })],
      undefined,
      /pass "a" names "a" as "r", which comes later/,
    ],
    [
      'trees of no pass',
      [pass('a', { trees: { of: 'x' } })],
      undefined,
      /"x" as the maker of its trees, and there is no such pass/,
    ],
    ['two of one name', [pass('a'), pass('a')], undefined, /two passes are called "a"/],
    ['a reserved name', [pass('start')], undefined, /cannot be called "start"/],
    ['a result of no pass', [pass('a')], [[1, 'z']], /the result names "z", and there is no such pass/],
    ['no passes', [], undefined, /has no passes/],
    ['too large a share', [pass('a', { share: 11 })], undefined, /takes 11 times the steps/],
    ['nothing but replay', [pass('a', { trees: babble, replay: 1 })], undefined, /below 1/],
    [
      'a stride of no steps',
      [pass('a', { refresh: { every: 0, mix: 1 } })],
      undefined,
      /every 0 steps; use a whole number above 0/,
    ],
    [
      'a head that nobody trains',
      [pass('a'), pass('b', { objective: frozen('head', 'a') })],
      undefined,
      /reads a head of "r", which is pass "a", and that trains none/,
    ],
    [
      'a reference that is not read',
      [pass('a', { objective: rewardModel, refresh: { every: 1, mix: 1 } })],
      undefined,
      /its objective reads none/,
    ],
  ])('%s is refused by name before anything starts', async (_what, passes, result, message) => {
    const memory = memorySessionStore();
    const before = tf.memory().numTensors;
    const options = optionsOf(methodOf(passes, result), {}, memory);
    await expect(TrainingSession.create(options)).rejects.toThrow(message);
    await expect(TrainingSession.create(options)).rejects.toThrow(/^Made up: /);
    expect([memory.runs, memory.checkpoints, memory.kept, memory.references, memory.datasets]).toEqual(
      Array.from({ length: 5 }, () => new Map()),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a source that makes something else is refused, with those that fit', async () => {
    const memory = memorySessionStore();
    const options = optionsOf(methodOf([pass('a')]), {}, memory);
    const source = { id: 'worked-solutions', params: {} };
    const document = { ...options.document, data: { ...options.document.data, source } };
    await expect(TrainingSession.create({ ...options, document })).rejects.toThrow(
      /data.source.id: "worked-solutions" makes nothing that Made up trains on; use one of corrupted-pairs, right-and-wrong/,
    );
    expect(memory.runs.size).toBe(0);
  });

  it('a stored run of other passes is left as it is', async () => {
    const memory = memorySessionStore();
    const session = await TrainingSession.create(optionsOf(methodOf([pass('a'), pass('b')]), {}, memory));
    await session.start();
    await session.dispose();
    const stored = structuredClone([memory.runs, memory.checkpoints, memory.kept, memory.datasets]);
    await expect(reopen(optionsOf(methodOf([pass('a')])), memory)).rejects.toThrow(
      /stored in pass 2, and Made up has 1/,
    );
    expect([memory.runs, memory.checkpoints, memory.kept, memory.datasets]).toEqual(stored);
  });

  it('an order that names no tree of the pass ends the run with its name', async () => {
    const order: Order = { id: 'wild', epoch: async () => [0, 9] };
    const session = await TrainingSession.create(optionsOf(methodOf([pass('a', { order })])));
    expect(await session.start()).toMatchObject({
      phase: 'failed',
      message: 'The order "wild" names tree 9 of 4 in epoch 1.',
    });
    await session.dispose();
  });
});

describe('trees that are no longer stored', () => {
  it('are made again by the weights that made them', async () => {
    const method = cases['re-sampled trees']!;
    const memory = memorySessionStore();
    const whole = await TrainingSession.create(optionsOf(method, {}, memory));
    await whole.start();
    const expected = await outcomeOf(whole);
    await whole.dispose();
    const half = memorySessionStore();
    const session = await TrainingSession.create(optionsOf(method, {}, half));
    for (let i = 0; i < 6; i++) await session.stepOnce();
    await session.dispose();
    half.datasets.clear();
    const again = await reopen(optionsOf(method), half);
    await again.session.start();
    expect(await outcomeOf(again.session)).toEqual(expected);
    await again.session.dispose();
  });
});
