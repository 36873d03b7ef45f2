import { describe, expect, it } from 'vitest';
import type { PackedFormat } from '../../../src/kernels/packed-format';
import { packedBytes, packRows, unpackRows } from '../../../src/kernels/packed-format';
import { createRng } from '../../../src/util/rng';

const rng = createRng(3);
const random = (size: number, scale = 1) =>
  Float32Array.from({ length: size }, () => scale * (rng.next() * 2 - 1));
const formats: PackedFormat[] = ['f16', 'int8', 'int4'];

describe('packRows', () => {
  it.each(formats)('%s loses no more than half a step', (format) => {
    for (const scale of [1, 1e-3, 300]) {
      const data = random(5 * 64, scale);
      const packed = packRows(data, [5, 64], format);
      expect(4 * (packed.values.length + (packed.scales?.length ?? 0))).toBe(packedBytes([5, 64], format));
      const back = unpackRows(packed);
      for (let i = 0; i < data.length; i++) {
        const block = data.subarray(32 * (i >> 5), 32 * (i >> 5) + 32);
        const [low, high] = [Math.min(...block), Math.max(...block)];
        // half a step, and what rounding the scale itself to half precision costs at the ends
        const step = {
          f16: 2 ** -10 * Math.abs(data[i]!),
          int8: Math.max(high, -low) / 127,
          int4: (high - low) / 15,
        };
        const slack = format === 'f16' ? 2 ** -25 : 2 ** -11 * (high - low + Math.abs(low));
        expect(Math.abs(back[i]! - data[i]!)).toBeLessThanOrEqual(0.5 * step[format] + slack);
      }
    }
  });

  it('comes out nearly the same when packed twice', () => {
    for (const format of formats) {
      const once = packRows(random(96, 2), [3, 32], format);
      const twice = packRows(unpackRows(once), [3, 32], format);
      expect(unpackRows(twice)).toBeAllclose(unpackRows(once), { rtol: 2e-3, atol: 2e-3 });
    }
  });

  it('lays words out as it says', () => {
    const ramp = Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? i : 15));
    const int4 = packRows(ramp, [1, 32], 'int4');
    expect([...int4.values].map((w) => (w >>> 0).toString(16))).toEqual([
      '76543210',
      'fedcba98',
      'ffffffff',
      'ffffffff',
    ]);
    expect(int4.scales).toEqual(Int32Array.of(0x3c00)); // d = 1, m = 0
    const int8 = packRows(
      Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? -127 : i)),
      [1, 32],
      'int8',
    );
    expect((int8.values[0]! >>> 0).toString(16)).toBe('3020181');
    const f16 = packRows(Float32Array.of(1, -2), [1, 2], 'f16');
    expect((f16.values[0]! >>> 0).toString(16)).toBe('c0003c00');
  });

  it('keeps constant and tiny blocks', () => {
    for (const value of [0, 0.25, -3, 1e-7]) {
      for (const format of formats) {
        const back = unpackRows(packRows(new Float32Array(32).fill(value), [1, 32], format));
        expect(back).toBeAllclose(new Float32Array(32).fill(value), { rtol: 1e-3, atol: 1e-6 });
      }
    }
  });

  it('refuses what it cannot hold, and says where and what to do', () => {
    expect(() => packRows(random(30), [1, 30], 'int4')).toThrow(
      /30 elements are no multiple of 32.*f16 or f32/,
    );
    expect(() => packRows(random(3), [1, 3], 'f16')).toThrow(
      /multiple of 2, which f16 needs; keep this matrix as f32/,
    );
    expect(() => packRows(random(32), [2, 32], 'int8')).toThrow(
      /32 elements do not fill the shape \[2, 32\]/,
    );
    expect(() => packRows(random(0), [0, 32], 'int8')).toThrow(/empty/);
    const damaged = random(64);
    damaged[37] = Number.NaN;
    for (const format of formats) {
      expect(() => packRows(damaged, [2, 32], format)).toThrow(/element \[1, 5\] is NaN; only finite/);
    }
    const large = random(64);
    large[33] = 70_000;
    expect(() => packRows(large, [2, 32], 'f16')).toThrow(
      /element \[1, 1\] is 70000; it is beyond the 65,504/,
    );
    large[33] = 1e7;
    expect(() => packRows(large, [2, 32], 'int8')).toThrow(
      /element \[1, 1\] is 10000000; the scale of its block is beyond/,
    );
    expect(() => packRows(large, [2, 32], 'int4')).toThrow(/beyond the 65,504/);
  });
});
