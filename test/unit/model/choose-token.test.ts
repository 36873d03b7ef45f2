import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf, chooseToken } from '../../../src/model/choose-token';
import { createRng } from '../../../src/util/rng';

/** How often each token is drawn, in n draws. */
const shares = (
  logits: number[],
  options: { temperature: number; topK?: number; topP?: number },
  n = 20_000,
) => {
  const rng = createRng(5);
  const counts = logits.map(() => 0);
  for (let i = 0; i < n; i++) counts[chooseToken(Float32Array.from(logits), options, rng).token]! += 1 / n;
  return counts;
};

// probabilities 0.1, 0.2, 0.3, 0.4
const logits = [0.1, 0.2, 0.3, 0.4].map((p) => Math.log(p) + 3);

describe('choosing a token', () => {
  it('is greedy at temperature 0, the lowest id among equals, and then draws nothing', () => {
    const rng = createRng(1);
    expect(chooseToken(Float32Array.of(1, 3, 3, 2), { temperature: 0 }, rng).token).toBe(1);
    expect(rng.state()).toEqual(createRng(1).state());
  });

  it('returns the log-prob at temperature 1 over the whole vocabulary, whatever the options', () => {
    for (const temperature of [0, 0.3, 1, 4]) {
      const { token, logProb } = chooseToken(
        Float32Array.from(logits),
        { temperature, topK: 2 },
        createRng(2),
      );
      expect(logProb).toBeCloseTo(Math.log([0.1, 0.2, 0.3, 0.4][token]!), 6);
    }
  });

  it('draws in proportion', () => {
    expect(shares(logits, { temperature: 1 })).toBeAllclose([0.1, 0.2, 0.3, 0.4], { atol: 0.012, rtol: 0 });
  });

  it('sharpens at temperature 1/2: probabilities squared', () => {
    const squared = [1, 4, 9, 16].map((x) => x / 30);
    expect(shares(logits, { temperature: 0.5 })).toBeAllclose(squared, { atol: 0.012, rtol: 0 });
  });

  it('keeps the k most probable', () => {
    expect(shares(logits, { temperature: 1, topK: 2 })).toBeAllclose([0, 0, 3 / 7, 4 / 7], {
      atol: 0.012,
      rtol: 0,
    });
    expect(shares(logits, { temperature: 1, topK: 1 }, 200)).toBeAllclose([0, 0, 0, 1]);
  });

  it('keeps the smallest set that holds the share p', () => {
    expect(shares(logits, { temperature: 1, topP: 0.65 })).toBeAllclose([0, 0, 3 / 7, 4 / 7], {
      atol: 0.012,
      rtol: 0,
    });
    expect(shares(logits, { temperature: 1, topP: 0.75 })).toBeAllclose([0, 2 / 9, 3 / 9, 4 / 9], {
      atol: 0.012,
      rtol: 0,
    });
    expect(shares(logits, { temperature: 1, topP: 1e-9 }, 200)).toBeAllclose([0, 0, 0, 1]);
  });

  it('takes the share p of what top-k left', () => {
    // of 0.3 and 0.4 the larger holds 4/7, more than half
    expect(shares(logits, { temperature: 1, topK: 2, topP: 0.5 }, 200)).toBeAllclose([0, 0, 0, 1]);
  });

  it('survives extreme logits and temperatures', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: Math.fround(-1e30), max: Math.fround(1e30), noNaN: true }), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true })),
        fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        fc.option(fc.double({ min: 1e-6, max: 1, noNaN: true }), { nil: undefined }),
        fc.nat(),
        (values, temperature, topK, topP, seed) => {
          const options = { temperature, ...(topK ? { topK } : {}), ...(topP ? { topP } : {}) };
          const { token, logProb } = chooseToken(Float32Array.from(values), options, createRng(seed));
          expect(token).toBeLessThan(values.length);
          expect(logProb).toBeLessThanOrEqual(0);
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });

  it('never draws a token of probability 0', () => {
    const rng = createRng(9);
    for (let i = 0; i < 500; i++) {
      expect(chooseToken(Float32Array.of(-1e30, 0, -1e30, 0, -1e30), { temperature: 1 }, rng).token % 2).toBe(
        1,
      );
    }
  });

  it('refuses logits that are not numbers', () => {
    expect(() => chooseToken(Float32Array.of(0, NaN), { temperature: 1 }, createRng(1))).toThrow(
      /logit for token 1 is NaN/,
    );
  });
});

describe('the candidates', () => {
  /** What they were found by at first: all ids in order, compared one with another. */
  const bySortingIds = (weights: Float64Array, topK?: number, topP?: number): number[] => {
    const sorted = Array.from(weights, (_, id) => id).sort((a, b) => weights[b]! - weights[a]! || a - b);
    const kept = sorted.slice(0, topK ?? sorted.length);
    if (topP === undefined) return kept;
    let total = 0;
    for (const id of kept) total += weights[id]!;
    let sum = 0;
    for (const [i, id] of kept.entries()) {
      sum += weights[id]!;
      if (sum >= topP * total) return kept.slice(0, i + 1);
    }
    return kept;
  };

  it('are the same ids in the same order as by comparing all, ties and zeros included', () => {
    const weight = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 4 }).map((n) => n / 4),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
        fc.option(fc.oneof(fc.constant(1), fc.double({ min: 1e-6, max: 1, noNaN: true })), {
          nil: undefined,
        }),
        (values, topK, topP) => {
          const weights = Float64Array.from(values);
          expect([...candidatesOf(weights, { topK, topP })]).toEqual(bySortingIds(weights, topK, topP));
        },
      ),
      { numRuns: 3000, seed: 7 },
    );
  });

  it('of a large vocabulary are the same too', () => {
    const rng = createRng(4);
    // as a softmax has them, with ties and with weights too small to be anything but 0
    const spread = () => Math.exp(Math.round(40 * rng.normal()) / 4 - 12);
    const weights = Float64Array.from({ length: 49_152 }, (_, id) =>
      id % 9 === 0 ? Math.exp(-900) : spread(),
    );
    for (const limits of [{ topK: 50 }, { topP: 0.95 }, { topK: 1000, topP: 0.9 }]) {
      expect([...candidatesOf(weights, limits)]).toEqual(
        bySortingIds(weights, limits.topK, (limits as { topP?: number }).topP),
      );
    }
  });
});
