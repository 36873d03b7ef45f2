import { describe, expect, it } from 'vitest';
import type { Elements } from '../../../src/kernels/elements';
import { elementLoops, elementsBySimd } from '../../../src/kernels/elements';
import { simdElements } from '../../../src/kernels/simd-elements';
import { createRng } from '../../../src/util/rng';

const memory = new WebAssembly.Memory({ initial: 4 });
const simd = elementsBySimd(simdElements(memory)!);

/** The same arrays in the module's memory, one after the other. */
const inMemory = (arrays: readonly Float32Array[]): Float32Array[] => {
  let at = 4; // no more aligned than a tensor has to be
  return arrays.map((array) => {
    const view = new Float32Array(memory.buffer, at, array.length);
    view.set(array);
    at += array.byteLength;
    return view;
  });
};

const rng = createRng(11);
const random = (length: number, size = 1) =>
  Float32Array.from({ length }, () => size * rng.normal() * 10 ** (4 * rng.next() - 2));

/** Both versions on the same numbers, every array compared bit for bit. */
const same = (arrays: Float32Array[], walk: (of: Elements, own: Float32Array[]) => void) => {
  const [expected, got] = [arrays.map((array) => array.slice()), inMemory(arrays)];
  walk(elementLoops, expected);
  walk(simd, got);
  expected.forEach((array, i) => {
    expect(Array.from(got[i]!)).toEqual(Array.from(array));
  });
  return expected;
};

describe('walks over rows in WebAssembly', () => {
  it.each([1, 3, 4, 27, 48])('add a row of %i', (width) => {
    same([random(5 * width), random(width), new Float32Array(5 * width)], (of, [x, row, out]) =>
      of.addRow(x!, row!, out!),
    );
  });

  it.each([1, 4, 101])('multiply %i numbers', (count) => {
    same([random(count), random(count), new Float32Array(count)], (of, [a, b, out]) =>
      of.multiply(a!, b!, out!),
    );
  });

  it.each([
    { width: 6, span: 3, groups: 2 },
    { width: 48, span: 16, groups: 3 },
    { width: 5, span: 2, groups: 2 }, // not written for: goes the other way
  ])('add gated rows, $width wide', ({ width, span, groups }) => {
    const [rows, stride] = [span * groups, 2 * width + 1];
    const size = rows * width;
    same(
      [random(size), random(size), random(groups * stride), new Float32Array(size)],
      (of, [x, y, modulation, out]) =>
        of.addGated(x!, y!, modulation!, out!, { rows, width, span, stride, at: width + 1 }),
    );
  });

  it.each([
    { width: 6, span: 4, groups: 3 },
    { width: 48, span: 16, groups: 2 },
    { width: 12, span: 3, groups: 2 }, // not written for
  ])('norm and modulate rows, $width wide', ({ width, span, groups }) => {
    const [rows, stride] = [span * groups, 3 * width];
    const size = rows * width;
    const x = random(size);
    x.fill(0.5, 0, width); // no variance
    const [, , out] = same(
      [x, random(groups * stride), new Float32Array(size), new Float32Array(2 * rows)],
      (of, [own, modulation, y, stats]) =>
        of.modulatedNorm(own!, modulation!, y!, stats!, { rows, width, span, stride, at: width }, 1e-5),
    );
    expect(out!.every(Number.isFinite)).toBe(true);
  });

  it.each([
    { width: 6, span: 4, groups: 3 },
    { width: 48, span: 16, groups: 2 },
    { width: 12, span: 3, groups: 2 }, // not written for
  ])('push back through the norm, $width wide', ({ width, span, groups }) => {
    const [rows, stride] = [span * groups, 3 * width + 1];
    const size = rows * width;
    const given = [random(size), random(groups * stride), random(2 * rows, 0.3), random(size)];
    const [, , , , dx, dModulation] = same(
      [...given, new Float32Array(size), random(groups * stride)],
      (of, [x, modulation, stats, g, forX, forModulation]) =>
        of.modulatedNormGrad(
          { x: x!, modulation: modulation!, stats: stats!, g: g! },
          forX!,
          forModulation!,
          {
            ...{ rows, width, span, stride, at: width },
          },
        ),
    );
    expect([...dx!, ...dModulation!].every(Number.isFinite)).toBe(true);
  });

  it.each([4, 16, 6])('take the softmax of rows of %i', (span) => {
    const rows = random(64 * span);
    rows.set([300, -300, 1e-9, 2e-9], 0); // an exponential of 0, and ones next to 1
    const [out] = same([rows], (of, [own]) => of.softmax(own!, span, 0.29));
    for (let n = 0; n < 64; n++)
      expect(out!.subarray(n * span, (n + 1) * span).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  it.each([
    [4, 4],
    [12, 8],
    [32, 48],
    [5, 8], // not written for
  ])('turn %i by %i numbers', (rows, columns) => {
    const size = rows * columns;
    const [x, out] = same([random(size), new Float32Array(size)], (of, [own, turned]) =>
      of.transpose(own!, turned!, rows),
    );
    expect(out![rows - 1]).toBe(x![(rows - 1) * columns]);
  });

  it.each([2, 48, 27])('sum up rows of %i', (width) => {
    const arrays = [random(9 * width), new Float32Array(width).fill(5), new Float32Array(2 * width)];
    const [expected, got] = [arrays.map((array) => array.slice()), inMemory(arrays)];
    for (const [of, own] of [[elementLoops, expected] as const, [simd, got] as const])
      of.sumRows(own[0]!, own[1]!, own[2]!);
    expect(Array.from(got[1]!)).toEqual(Array.from(expected[1]!));
    expect(got[1]![0]).toBeCloseTo(
      Array.from({ length: 9 }, (_, n) => arrays[0]![n * width]!).reduce((a, b) => a + b),
      3,
    );
  });

  it('have the exponential of Math.exp, bit for bit', () => {
    // Near the places where the method changes, and everywhere else.
    const edges = [0.5 * Math.LN2, 1.5 * Math.LN2, 2 ** -28, 20, 87, 103, 700, 745];
    const at = Array.from({ length: 4000 }, (_, i) =>
      i % 2 ? -edges[i % edges.length]! * (1 + 1e-6 * rng.normal()) : -90 * rng.next() ** 4,
    );
    // Sums over a row show all of an exponential's digits: the second number is e^x / (1 + e^x).
    const rows = Float32Array.from(at.flatMap((x) => [0, x, -1e30, -1e30]));
    same([rows], (of, [own]) => of.softmax(own!, 4, 1));
  });
});
