import { beforeAll, describe, expect, it } from 'vitest';
import { ropeTensor } from '../../../src/kernels/rope-table';
import { ropeTableOf } from '../../../src/model/rope-tables';
import { initBackend } from '../../../src/tf';
import { tinyConfig } from './tiny-model';

const config = (more: object = {}) => tinyConfig({ head_dim: 8, rope_theta: 100, ...more });

describe('the table of a forward pass', () => {
  beforeAll(() => initBackend('cpu'));

  it('is the same from pass to pass, and grows by doubling', () => {
    const first = ropeTableOf(config(), 10);
    expect(ropeTableOf(config(), 64)).toBe(first);
    const grown = ropeTableOf(config(), 65);
    expect(grown.positions).toBe(128);
    expect(grown.cos.subarray(0, first.cos.length)).toEqual(first.cos);
    expect(ropeTableOf(config(), 3)).toBe(grown);
  });

  it('frees the tensor of one that it replaces, and of models that are no longer used', () => {
    const start = ropeTableOf(config({ rope_theta: 7 }), 10);
    const small = ropeTensor(start);
    ropeTableOf(config({ rope_theta: 7 }), 100);
    expect(small.isDisposed).toBe(true);
    expect(ropeTensor(start).isDisposed).toBe(false); // whoever still has it gets it anew
    const tensors = Array.from({ length: 9 }, (_, i) =>
      ropeTensor(ropeTableOf(config({ rope_theta: 20 + i }), 10)),
    );
    expect(tensors.filter((tensor) => !tensor.isDisposed).length).toBeLessThanOrEqual(4);
    expect(tensors.at(-1)!.isDisposed).toBe(false);
  });

  it('turns by the scaled frequencies, times the factor of attention', () => {
    const yarn = {
      rope_scaling: { type: 'yarn', factor: 4, attention_factor: 1.25, original_max_position_embeddings: 64 },
    };
    const { cos, sin, half } = ropeTableOf(config(yarn), 10);
    const at = 5 * half; // the fastest pair, which YaRN leaves alone
    expect(cos[at]).toBeCloseTo(1.25 * Math.cos(5), 12);
    expect(sin[at]).toBeCloseTo(1.25 * Math.sin(5), 12);
  });
});
