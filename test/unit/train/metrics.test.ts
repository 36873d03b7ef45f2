import { describe, expect, it } from 'vitest';
import { stepMetrics } from '../../../src/train/metrics';

describe('stepMetrics', () => {
  it('names and averages as TRL does', () => {
    const metrics = stepMetrics([
      {
        loss: 0.5,
        over: 2,
        chosenRewards: Float32Array.of(1, 0),
        rejectedRewards: Float32Array.of(0, 0.5),
        chosenLogps: Float64Array.of(-10, -20),
        rejectedLogps: Float64Array.of(-30, -40),
        aux: { extra: 1 },
        tokens: 10,
      },
      {
        loss: 0.2,
        over: 1,
        chosenRewards: Float32Array.of(2),
        rejectedRewards: Float32Array.of(2),
        chosenLogps: Float64Array.of(-3),
        rejectedLogps: Float64Array.of(-5),
        aux: { extra: 4 },
        tokens: 5,
      },
    ]);
    expect(Object.keys(metrics).sort()).toEqual(
      [
        'extra',
        'logps/chosen',
        'logps/rejected',
        'loss',
        'rewards/accuracies',
        'rewards/chosen',
        'rewards/margins',
        'rewards/rejected',
      ].sort(),
    );
    expect(metrics['loss']).toBeCloseTo(0.4, 12); // (2 * 0.5 + 0.2) / 3
    expect(metrics['extra']).toBeCloseTo(2, 12);
    expect(metrics['rewards/chosen']).toBeCloseTo(1, 12);
    expect(metrics['rewards/rejected']).toBeCloseTo(2.5 / 3, 12);
    expect(metrics['rewards/margins']).toBeCloseTo(0.5 / 3, 12);
    expect(metrics['rewards/accuracies']).toBeCloseTo(1 / 3, 12); // a tie does not count
    expect(metrics['logps/chosen']).toBeCloseTo(-11, 12);
    expect(metrics['logps/rejected']).toBeCloseTo(-25, 12);
  });

  it('says nothing of rewards where a method has none', () => {
    expect(stepMetrics([{ loss: 3, over: 7, aux: {}, tokens: 1 }])).toEqual({ loss: 3 });
  });
});
