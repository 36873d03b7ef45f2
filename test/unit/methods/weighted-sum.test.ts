import { describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import { chosenLikelihood } from '../../../src/methods/chosen-cross-entropy';
import type { Method } from '../../../src/methods/method';
import type { Objective, Reads } from '../../../src/methods/objective';
import { classified } from '../../../src/methods/pairwise/bco-pair';
import { logistic } from '../../../src/methods/pairwise/dpo';
import { likelihood } from '../../../src/methods/supervised/sft';
import { weightedSum } from '../../../src/methods/weighted-sum';
import type { Scalar } from '../../../src/tf';
import { tf } from '../../../src/tf';
import { evaluate, twoPairs } from './evaluate';

const logProb = [-1, -2, -0.5, -0.25, -3, -0.125, -0.75, -1.5, -2.5, -1.25];
const reference = logProb.map((x, i) => x + 0.5 * Math.sin(i));

/** A method of one pass with this objective, for `evaluate`. */
const only = (objective: Objective): Method => ({
  ...methodById('dpo'),
  params: {},
  passes: () => [{ id: 'only', label: 'Only', objective }],
});

const result = (objective: Objective) => evaluate(only(objective), twoPairs(), logProb, reference);
const named = (id: string, params: Record<string, number | string>) =>
  evaluate(methodById(id), twoPairs(), logProb, reference, { params });

/** A loss of nothing but what it reads. */
const reading = (reads: Reads, more: Partial<Objective> = {}): Objective => ({
  reads,
  loss: () => ({ loss: tf.scalar(0) as Scalar, over: 2 }),
  ...more,
});

describe('weightedSum', () => {
  const [dpo, bco, sft] = [
    logistic({ beta: 0.3 }),
    classified({ beta: 0.7 }),
    chosenLikelihood('token-mean'),
  ];
  const sum = weightedSum({ a: [0.8, dpo], b: [0.2, bco], c: [1, sft] });

  it('adds losses and gradients with their weights, and has the rewards of the first term', async () => {
    const [whole, a, b, c] = await Promise.all([sum, dpo, bco, sft].map(result));
    const added = (f: (of: typeof a & {}) => number) => 0.8 * f(a!) + 0.2 * f(b!) + f(c!);
    expect(whole!.loss).toBeCloseTo(
      added((of) => of.loss),
      5,
    );
    whole!.gradient.forEach((g, i) => {
      expect(g).toBeCloseTo(
        added((of) => of.gradient[i]!),
        5,
      );
    });
    expect(whole!.chosenRewards).toEqual(a!.chosenRewards);
    expect(sum.rewardScale).toBe(0.3);
  });

  it('logs each term by its name', async () => {
    let logged: string[] = [];
    const spied = weightedSum({ first: [2, dpo], second: [1, sft] });
    await result({
      ...spied,
      loss: (input) => {
        const output = spied.loss(input);
        logged = Object.keys(output.aux!);
        return output;
      },
    });
    expect(logged).toEqual(['loss/first', 'loss/second']);
  });

  it('reads what its terms read, and nothing of a term of weight 0', () => {
    const guide = { model: 'start', read: 'logProb' } as const;
    const terms = {
      a: [1, reading({ reference: true, stepLabels: ['q'], frozen: { guide } })],
      b: [1, reading({ scores: true, stepLabels: ['q', 'r'], frozen: { guide } })],
      none: [0, reading({ stop: true })],
    } as const;
    expect(weightedSum(terms).reads).toEqual({
      reference: true,
      scores: true,
      stepLabels: ['q', 'r'],
      frozen: { guide },
    });
    expect(() => weightedSum({ none: [0, dpo] })).toThrow(/every weight is 0/);
  });

  it('refuses terms that cannot share a batch, naming them', async () => {
    const value = (at: 'state' | 'step') => reading({ head: { name: 'value', at } });
    expect(() => weightedSum({ a: [1, value('state')], b: [1, value('step')] })).toThrow(
      /"b" reads another head than the terms before it/,
    );
    const frozen = (model: string) => reading({ frozen: { guide: { model, read: 'logProb' } } });
    expect(() => weightedSum({ a: [1, frozen('start')], b: [1, frozen('first')] })).toThrow(
      /"b" reads another frozen model "guide"/,
    );
    const kl = (way: 'policy||reference' | 'reference||policy') => reading({ kl: way });
    expect(() => weightedSum({ a: [1, kl('policy||reference')], b: [1, kl('reference||policy')] })).toThrow(
      /another kl/,
    );
    const coefficients = () => new Float32Array(10);
    const weighed = reading({}, { coefficients });
    expect(() => weightedSum({ a: [1, dpo], b: [1, weighed] })).toThrow(
      /"a" and "b" sum tokens with different/,
    );
    expect(weightedSum({ a: [1, weighed], b: [2, weighed] }).coefficients).toBe(coefficients);
    await expect(result(weightedSum({ pairs: [1, dpo], tokens: [1, likelihood] }))).rejects.toThrow(
      /"pairs" is a mean over 2 and "tokens" over 10/,
    );
  });
});

describe('mpo and rpo', () => {
  it('are DPO where the other weights are 0', async () => {
    const dpo = await named('dpo', { beta: 0.2 });
    const mpo = { beta: 0.2, preferenceWeight: 1, qualityWeight: 0, generationWeight: 0 };
    expect(await named('mpo', mpo)).toEqual(dpo);
    expect(await named('rpo', { beta: 0.2, eta: 0 })).toEqual(dpo);
    expect(await named('iterative-rpo', { beta: 0.2, alpha: 0 })).toEqual(dpo);
  });

  // The chosen answers are entries 0-1 and 5-8: sums -3 and -4.875, means -1.5 and -1.21875.
  it.each([
    ['rpo', { beta: 0.2, eta: 0.5, average: 'sum' }, 0.5 * 0.2 * 3.9375],
    ['rpo', { beta: 0.2, eta: 0.5, average: 'answer-mean' }, 0.5 * 1.359375],
    ['rpo', { beta: 0.2, eta: 0.5, average: 'token-mean' }, 0.5 * (7.875 / 6)],
    ['iterative-rpo', { beta: 0.2, alpha: 0.5 }, 0.5 * 1.359375],
  ])('%s adds the likelihood of the chosen answers: %o', async (id, params, expected) => {
    const [whole, dpo] = [await named(id, params), await named('dpo', { beta: 0.2 })];
    expect(whole.loss - dpo.loss).toBeCloseTo(expected, 5);
  });

  it('iterate: each round begins where the last one ended, is held to it and answers anew', () => {
    const passes = methodById('iterative-rpo').passes({ beta: 0.1, alpha: 1, rounds: 3 });
    expect(
      passes.map(({ id, from, reference, trees }) => [id, from, reference, trees !== undefined]),
    ).toEqual([
      ['round-1', undefined, undefined, false],
      ['round-2', 'round-1', 'round-1', true],
      ['round-3', 'round-2', 'round-2', true],
    ]);
  });
});
