import { beforeAll, describe, expect, it } from 'vitest';
import type { Method } from '../../../src/methods/method';
import type { Objective } from '../../../src/methods/objective';
import { dpo } from '../../../src/methods/pairwise/dpo';
import type { Pass } from '../../../src/methods/pass';
import { oreo } from '../../../src/methods/valued/oreo';
import { forget } from '../../../src/run/forget';
import { TrainingSession } from '../../../src/run/session';
import { defineSource } from '../../../src/sources/source';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo, Scalar } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../../src/train/run-document';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const pairs = onCorruptedPairs(dpo).sources[0]!;

/** The same answers one by one, the right one with score 1. */
const scoredAnswers = defineSource({
  id: 'scored-answers',
  name: 'Scored answers',
  summary: 'The task’s solution, and one with a wrong digit, each with a score.',
  params: {},
  makes: ['answers'],
  async *make(ctx) {
    for await (const tree of pairs.make(ctx, {})) {
      const responses = tree.responses.map((response, i) => ({ ...response, score: i === 0 ? 1 : 0 }));
      yield { ...tree, responses, comparisons: [] };
    }
  },
});

const onAnswers = (method: Method): Method => ({ ...method, sources: [scoredAnswers] });
/** OREO without the pass that trains its critic alone. */
const scoredOreo: Method = { ...onAnswers(oreo), passes: (params) => oreo.passes({ ...params, warmup: 0 }) };

/** A method of one pass with this objective, on the same answers. */
const methodOf = (objective: Objective, pass: Partial<Pass> = {}): Method => ({
  ...scoredOreo,
  passes: () => [{ id: 'only', label: 'only', objective, ...pass }],
});

const adapted = { adapter: { ...defaultAdapter(), rank: 4 } };

const makeSession = async (
  method: Method,
  changes: Partial<RunDocument> = {},
  memory = memorySessionStore(),
) => {
  const run = defaultRun(method, 'tiny');
  const document: RunDocument = {
    ...run,
    data: { ...run.data, difficulty: 'easy', trees: 5, maxTokens: 24 },
    optimizer: { ...run.optimizer, learningRate: 1e-2 },
    schedule: { kind: 'constant', warmup: 0 },
    steps: 4,
    batchSize: 2,
    evaluation: { every: 0, problems: 0 },
    checkpointEvery: 1,
    ...changes,
  };
  const options = {
    runId: 'run',
    document,
    method,
    task: arithmetic,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: () => undefined,
  };
  return { session: await TrainingSession.create(options), memory, options };
};

const metricOf = (session: TrainingSession, name: string) =>
  session.summary().metrics.map(({ metrics }) => metrics[name]!);

describe.each([
  ['all weights', {}],
  ['an adapter', adapted],
  ['an adapter on packed weights', { ...adapted, weights: 'int8' as const }],
])('exact divergence from the reference, with %s', (_name, changes) => {
  it('is 0 at the first step of OREO and positive later, and no tensor is left behind', async () => {
    const { session } = await makeSession(scoredOreo, changes);
    await session.stepOnce();
    await session.stepOnce();
    const { numTensors } = tf.memory();
    await session.stepOnce();
    await session.stepOnce();
    expect(tf.memory().numTensors).toBe(numTensors);
    const [first, ...later] = metricOf(session, 'kl');
    expect(Math.abs(first!)).toBeLessThan(1e-6);
    expect(later).toHaveLength(3);
    for (const kl of later) expect(kl).toBeGreaterThan(1e-5);
    await session.dispose();
    expect(tf.memory().numTensors).toBeLessThan(numTensors);
  });

  it('goes on after a kill to the same metrics and weights, bit for bit', async () => {
    const whole = await makeSession(scoredOreo, changes);
    await whole.session.start();
    const { session, memory, options } = await makeSession(scoredOreo, changes);
    for (let i = 0; i < 2; i++) await session.stepOnce();
    const again = await TrainingSession.create({
      ...options,
      resume: { checkpoint: memory.checkpoints.get('run')!, summary: memory.runs.get('run')! },
    });
    await again.start();
    expect(again.summary().metrics).toEqual(whole.session.summary().metrics);
    expect(await again.weights()).toEqual(await whole.session.weights());
    await Promise.all([whole.session.dispose(), session.dispose(), again.dispose()]);
  });
});

describe('with a reference that follows the policy', () => {
  it.each([
    ['all weights', {}],
    ['an adapter', adapted],
  ])('the divergence is 0 again after each stride, with %s', async (_name, changes) => {
    const objective = scoredOreo.passes(defaultRun(oreo, 'tiny').method.params)[0]!.objective;
    const { session } = await makeSession(methodOf(objective, { refresh: { every: 2, mix: 1 } }), changes);
    await session.start();
    const kl = metricOf(session, 'kl');
    for (const step of [0, 2]) expect(Math.abs(kl[step]!)).toBeLessThan(1e-6);
    for (const step of [1, 3]) expect(kl[step]!).toBeGreaterThan(1e-5);
    await session.dispose();
  });
});

describe('the credit view', () => {
  it('takes the loss by its log-probs, and holds what else it reads at its present value', async () => {
    let seen: Float32Array[] = [];
    /** Its derivative by each log-prob is the sum of all the rest that it reads there. */
    const objective: Objective = {
      reads: {
        reference: true,
        stop: true,
        squares: true,
        hidden: true,
        kl: 'reference||policy',
        head: { name: 'value', at: 'state' },
      },
      loss: ({ tokens, stop, kl, squares, head, hidden, answers }) => {
        seen = [stop!, kl!, squares!, head!].map((t) => t.dataSync() as Float32Array);
        const c = [kl!, squares!, head!].reduce((a, b) => tf.add(a, b), stop!);
        const loss = tf.add(tf.sum(tf.mul(tokens.logProb, c)), tf.mul(tf.sum(hidden!), 0)) as Scalar;
        return { loss: tf.div(loss, answers.count), over: answers.count };
      },
    };
    const { session } = await makeSession(methodOf(objective), { steps: 3 });
    await session.start();
    const { numTensors } = tf.memory();
    const { responses, loss } = await session.credit(0);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(Number.isFinite(loss)).toBe(true);
    const pushes = responses.flatMap(({ tokens }) =>
      tokens.filter(({ step }) => step >= 0).map((t) => t.push),
    );
    const [stop, kl, squares, head] = seen;
    const expected = pushes.map((_, m) => -(stop![m]! + kl![m]! + squares![m]! + head![m]!) / 2);
    expect(pushes).toBeAllclose(expected, { rtol: 1e-5 });
    expect(Math.min(...kl!.slice(0, pushes.length))).toBeGreaterThan(0);
    expect(Math.max(...squares!.slice(0, pushes.length))).toBeLessThan(0);
    expect(Math.max(...stop!.slice(0, pushes.length))).toBeLessThan(0);
    await session.dispose();
  });

  it('works with the methods that read heads, stops and divergences', async () => {
    const { session } = await makeSession(scoredOreo, { steps: 1 });
    await session.start();
    const { responses } = await session.credit(1);
    expect(responses).toHaveLength(2);
    for (const { push } of responses.flatMap(({ tokens }) => tokens))
      expect(Number.isFinite(push)).toBe(true);
    await session.dispose();
  });
});

describe('forget', () => {
  it('drops what came first until the rest fits, but not what is at hand', () => {
    const map = () => new Map(['a', 'b', 'c', 'd'].map((id) => [id, new Float32Array(4)]));
    const left = (bytes: number, ...atHand: string[]) => {
      const numbers = map();
      forget(numbers, bytes, new Set(atHand));
      return [...numbers.keys()].join('');
    };
    expect(left(64)).toBe('abcd');
    expect(left(63)).toBe('bcd');
    expect(left(40, 'a')).toBe('ad');
    expect(left(0, 'b', 'c')).toBe('bc');
  });
});
