import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import { acceptedByScore } from '../../../src/search/rejection-sampling';
import { rejectionSampled } from '../../../src/sources/rejection-sampled';
import { packForest } from '../../../src/tree/pack';
import { createRng } from '../../../src/util/rng';
import { fakeContext, gather } from '../search/fake-context';

describe('rejection sampling', () => {
  const items = [0, 0.5, 1].map((score, item) => ({ item, score }));
  const shareOf = (temperature: number, item: number, draws = 4000) => {
    const rng = createRng(3);
    let kept = 0;
    for (let i = 0; i < draws; i++) {
      const accepted = acceptedByScore(items, { count: 1, temperature, rng });
      if (accepted[0]!.item === item) kept++;
    }
    return kept / draws;
  };

  it('keeps an item of the first round with probability exp((score - best) / temperature)', () => {
    // Items are asked in their order: the first one is kept alone with its own probability.
    expect(shareOf(0.5, 0)).toBeCloseTo(Math.exp(-2), 1.5);
    expect(shareOf(0.5, 1)).toBeCloseTo((1 - Math.exp(-2)) * Math.exp(-1), 1.5);
    expect(shareOf(0.01, 2)).toBe(1);
  });

  it('goes on with what is left until there are enough, or none', () => {
    const rng = createRng(1);
    const cold = acceptedByScore(items, { count: 2, temperature: 0.01, rng });
    expect(cold.map(({ item }) => item)).toEqual([2, 1]);
    expect(acceptedByScore(items, { count: 9, temperature: 1, rng })).toHaveLength(3);
    expect(acceptedByScore([], { count: 2, temperature: 1, rng })).toEqual([]);
  });
});

describe('rejection-sampled pairs', () => {
  it('pair kept answers of different scores, the better one chosen', async () => {
    const { context } = fakeContext({ count: 12, mistakes: 0.35 });
    const params = defaultParams(rejectionSampled);
    const trees = await gather(rejectionSampled.make(context, params));
    expect(trees).toHaveLength(12);
    packForest(trees);
    for (const { comparisons, responses } of trees) {
      expect(responses.length).toBeLessThanOrEqual(params['kept'] as number);
      expect(comparisons.length).toBeGreaterThan(0);
      const used = comparisons.flatMap(({ chosen, rejected }) => [chosen, rejected]);
      expect(used.sort()).toEqual(responses.map((_, i) => i));
      for (const { chosen, rejected, margin } of comparisons) {
        expect(responses[chosen]!.score! - responses[rejected]!.score!).toBeCloseTo(margin!, 6);
        expect(margin).toBeGreaterThan(0);
      }
    }
  });
});
