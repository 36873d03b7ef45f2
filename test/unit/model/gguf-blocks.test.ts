import { describe, expect, it } from 'vitest';
import { unpackRows } from '../../../src/kernels/packed-format';
import { elementTypes } from '../../../src/model/gguf/element-types';
import { failing, GgufError } from '../../../src/model/gguf/error';
import { hostTensor } from '../../../src/model/gguf/tensors';
import { floatToHalf, halfToFloat } from '../../../src/util/half';
import { goldenJson } from './gguf-golden';

interface Case {
  type: string;
  id: number;
  shape: [number, number];
  blocks: string;
  floats: string;
}
const cases = goldenJson<Case[]>('blocks.json');
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const floatsOf = (base64: string) => new Float32Array(bytesOf(base64).buffer);
const bitsOf = (data: Float32Array) => [...new Uint32Array(data.buffer)];
/** Of equal value: +0 and -0 are one. */
const values = (data: Float32Array) => Array.from(data, (x) => x + 0);

/** The blocks at an odd place of a file. */
const tensorOf = ({ id, blocks, shape }: Case, rowOf?: (row: number) => number) => {
  const block = bytesOf(blocks);
  const file = new Uint8Array(block.length + 5);
  file.set(block, 3);
  const located = { name: 't', shape, type: elementTypes.get(id)!, start: 3, end: 3 + block.length };
  return hostTensor(file, located, failing('f.gguf'), rowOf);
};

describe('blocks', () => {
  it('has a fixture for every type', () => {
    expect(cases.map(({ id, type }) => [id, type]).sort()).toEqual(
      [...elementTypes].map(([id, { name }]) => [id, name]).sort(),
    );
  });

  it.each(cases)('decodes $type bit for bit', (one) => {
    expect(bitsOf(tensorOf(one).data)).toEqual(bitsOf(floatsOf(one.floats)));
  });

  it.each(cases)('puts whole rows of $type elsewhere', (one) => {
    const expected = floatsOf(one.floats);
    const swapped = tensorOf(one, (row) => 1 - row);
    expect(bitsOf(swapped.data)).toEqual([...bitsOf(expected.slice(256)), ...bitsOf(expected.slice(0, 256))]);
    if (swapped.packed) {
      const straight = unpackRows(tensorOf(one).packed!());
      expect(values(unpackRows(swapped.packed()))).toEqual([
        ...values(straight.slice(256)),
        ...values(straight.slice(0, 256)),
      ]);
    }
  });

  const packed = cases.filter(({ id }) => elementTypes.get(id)!.packing);
  it('packs all but F32 and BF16', () => {
    expect(packed.map(({ type }) => type).sort()).toEqual(
      ['F16', 'Q4_0', 'Q4_1', 'Q4_K', 'Q5_0', 'Q5_1', 'Q6_K', 'Q8_0'].sort(),
    );
  });

  it.each(packed.filter(({ type }) => !type.endsWith('_K')))('packs $type exactly', (one) => {
    const arrays = tensorOf(one).packed!();
    expect(arrays.shape).toEqual(one.shape);
    expect(values(unpackRows(arrays))).toEqual(values(floatsOf(one.floats)));
  });

  it.each(packed.filter(({ type }) => type.endsWith('_K')))('packs $type up to half precision', (one) => {
    const arrays = tensorOf(one).packed!();
    const exact = floatsOf(one.floats);
    const ours = unpackRows(arrays);
    const four = one.type === 'Q4_K';
    expect([arrays.format, arrays.block]).toEqual(four ? ['int4', 32] : ['int8', 16]);
    // Both scales are off by at most half a step: 2^-11 of themselves, or 2^-25 where halves are subnormal.
    for (let b = 0; b < exact.length; b += arrays.block) {
      const word = arrays.scales![b / arrays.block]!;
      const [d, m] = [word & 0xffff, word >>> 16].map((bits) => Math.abs(halfToFloat(bits))) as [
        number,
        number,
      ];
      const step = (x: number) => Math.max(x * 2 ** -11, 2 ** -25);
      const bound = (four ? 15 : 32) * step(d * (1 + 2 ** -10)) + (four ? step(m * (1 + 2 ** -10)) : 0);
      for (let i = b; i < b + arrays.block; i++) {
        expect(Math.abs(ours[i]! - exact[i]!)).toBeLessThanOrEqual(bound * (1 + 1e-6));
      }
    }
    // And rounded they are: the golden blocks are not exact in half precision.
    expect(values(ours)).not.toEqual(values(exact));
  });

  it('does not pack odd rows of halves, vectors and stacks', () => {
    const f16 = elementTypes.get(1)!;
    const shapes = [[2, 3], [8], [2, 2, 2]];
    for (const shape of shapes) {
      const bytes = new Uint8Array(2 * shape.reduce((a, b) => a * b));
      const located = { name: 't', shape, type: f16, start: 0, end: bytes.length };
      expect(hostTensor(bytes, located, failing('f'))).not.toHaveProperty('packed');
    }
  });

  it.each([
    ['Q8_0', 8, 0, Infinity, /^f\.gguf, tensor "t": block 1 has the scale Infinity, but at most 65504/],
    ['Q4_1', 3, 2, Number.NaN, /block 1 has the scale NaN/],
    ['Q6_K', 14, 208, -Infinity, /block 0 has the scale -Infinity/],
  ])('refuses %s with a scale that is no number', (_, id, at, scale, message) => {
    const one = cases.find((c) => c.id === id)!;
    const type = elementTypes.get(id)!;
    const bytes = bytesOf(one.blocks);
    const block = type.elements === 256 ? 0 : 1;
    new DataView(bytes.buffer).setUint16(block * type.bytes + at, floatToHalf(scale), true);
    const tensor = hostTensor(
      bytes,
      { name: 't', shape: one.shape, type, start: 0, end: bytes.length },
      failing('f.gguf'),
    );
    expect(() => tensor.data).toThrow(GgufError);
    expect(() => tensor.data).toThrow(message);
    expect(() => tensor.packed!()).toThrow(message);
  });

  it('refuses to pack Q4_0 whose -8 d is beyond half precision, and decodes it', () => {
    const type = elementTypes.get(2)!;
    const bytes = new Uint8Array(18);
    new DataView(bytes.buffer).setUint16(0, floatToHalf(10_000), true);
    const tensor = hostTensor(bytes, { name: 't', shape: [1, 32], type, start: 0, end: 18 }, failing('f'));
    expect(tensor.data[0]).toBe(-80_000);
    expect(() => tensor.packed!()).toThrow(/scale 10000, but at most 8188/);
  });
});
