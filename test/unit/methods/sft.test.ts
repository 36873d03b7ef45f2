import { describe, expect, it } from 'vitest';
import { sft } from '../../../src/methods/supervised/sft';
import { packForest } from '../../../src/tree/pack';
import type { PreferenceTree } from '../../../src/tree/tree';
import { evaluate } from './evaluate';

const chain = (id: string, lengths: number[]): PreferenceTree => ({
  id,
  nodes: [
    { parent: -1, tokens: [1, 2, 3], role: 'prompt', scored: false },
    ...lengths.map((length, i) => ({
      parent: i,
      tokens: Array.from({ length }, (_, t) => 4 + t),
      role: 'step' as const,
      scored: true,
    })),
  ],
  responses: [{ leaf: lengths.length }],
  comparisons: [],
});

describe('sft', () => {
  it('is the mean over tokens of minus the log-prob, padding left out', async () => {
    const batch = packForest([chain('a', [2, 3]), chain('b', [1])]);
    const { count, used } = batch.entries;
    expect(used).toBe(6);
    expect(count).toBeGreaterThan(6);
    const logProb = new Float32Array(count).fill(-7);
    logProb.set([-1, -2, -3, -4, -5, -9]);
    const { loss, gradient, chosenRewards } = await evaluate(sft, batch, logProb);
    expect(loss).toBeCloseTo(24 / 6, 6);
    expect(gradient).toBeAllclose(Array.from({ length: count }, (_, i) => (i < 6 ? -1 / 6 : 0)));
    expect(chosenRewards).toEqual([]);
  });
});
