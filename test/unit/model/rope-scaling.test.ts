import { describe, expect, it } from 'vitest';
import { inverseFrequencies } from '../../../src/kernels/rope-table';
import { scaledFrequencies } from '../../../src/model/rope-scaling';
import { tinyConfig } from './tiny-model';

const config = (rope_scaling: object | null) =>
  tinyConfig({ head_dim: 8, max_position_embeddings: 64, rope_scaling });

describe('scaled frequencies', () => {
  it('are left to the kernel where nothing is scaled', () => {
    expect(scaledFrequencies(config(null), 500)).toBeUndefined();
    expect(scaledFrequencies(config({ type: 'default' }), 500)).toBeUndefined();
  });

  it('are divided by the factor of linear scaling at any length', () => {
    const expected = inverseFrequencies(8, 100).map((f) => f / 2);
    expect(scaledFrequencies(config({ type: 'linear', factor: 2 }), 3)).toEqual({
      invFreq: expected,
      scale: 1,
    });
  });

  it('change with the longest path alone under dynamic scaling, and only beyond the original length', () => {
    const dynamic = config({ type: 'dynamic', factor: 2 });
    expect(scaledFrequencies(dynamic, 64)).toBeUndefined();
    const at96 = scaledFrequencies(dynamic, 96)!;
    expect(at96.invFreq).toEqual(inverseFrequencies(8, 100 * 2 ** (8 / 6)));
    scaledFrequencies(dynamic, 128);
    expect(scaledFrequencies(dynamic, 96)).toEqual(at96); // nothing is remembered
  });

  it('keep fast turns and slow slow ones down under YaRN, and say how far to scale attention', () => {
    const { invFreq, scale } = scaledFrequencies(
      config({ type: 'yarn', factor: 4, original_max_position_embeddings: 64, beta_fast: 4, beta_slow: 1 }),
      10,
    )!;
    const plain = inverseFrequencies(8, 100);
    expect(invFreq[0]).toBe(plain[0]);
    expect(invFreq[3]).toBeCloseTo(plain[3]! / 4, 6);
    expect(scale).toBeCloseTo(0.1 * Math.log(4) + 1, 12);
    const given = config({ type: 'yarn', factor: 4, attention_factor: 1.25 });
    expect(scaledFrequencies(given, 10)!.scale).toBe(1.25);
  });
});
