import type { WasmFunction } from './wasm-code';
import { advance, f32x4, f64, f64x2, get, i32, repeat, set, v128, valueType } from './wasm-code';

const numbers = (count: number) => new Array<number>(count).fill(valueType.i32);
const vectors = (count: number) => new Array<number>(count).fill(valueType.v128);
const halves = [0, 1];
const each = [0, 1, 2, 3];

/** The gradient of `normRows` in WebAssembly SIMD, four rows a time: sums over a row run through it in its order. */
export const normRowsGrad = (): WasmFunction => {
  const [x, shift, stats, g, dx, fours, width, dShift] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [left, stride, scale, to, dAt, dScale] = [8, 9, 10, 11, 12, 13];
  const [xRow, gRow] = [14, 18].map((first) => each.map((k) => first + k)) as [number[], number[]];
  const [mean, root, sum, dot] = [22, 24, 26, 28]; // of rows 0 and 1, then of rows 2 and 3
  const [means, roots, sums, dots] = [30, 34, 38, 42]; // of one row each, twice
  const [gain, z, own, forShift, forScale] = [46, 47, 48, 49, 50];
  const pair = (from: number) => [...get(from), ...v128.loadZero64(), ...f64x2.promote];
  /** The next number of two rows. */
  const across = (rows: readonly number[], half: number) => [
    ...[...get(rows[2 * half + 1]!), ...get(rows[2 * half]!), ...v128.loadZero32],
    ...[...v128.loadLane32(1), ...f64x2.promote],
  ];
  const rowsFrom = (first: number, rows: readonly number[]) => [
    ...[...get(first), ...set(rows[0]!)],
    ...[1, 2, 3].flatMap((k) => [...get(rows[k - 1]!), ...get(stride), ...i32.add, ...set(rows[k]!)]),
  ];
  const start = [...rowsFrom(x, xRow), ...rowsFrom(g, gRow)];
  /** What the forward pass has kept of two rows. */
  const kept = (half: number, offset: number) => [
    ...[...get(stats), ...i32.const(16 * half + 8 + offset), ...i32.add],
    ...[...get(stats), ...i32.const(16 * half + offset), ...i32.add, ...v128.loadZero32],
    ...[...v128.loadLane32(1), ...f64x2.promote],
  ];
  const byWidth = [...get(width), ...f64.fromI32, ...f64x2.splat, ...f64x2.div];
  const spread = (from: number, k: number) => [
    ...[...get(from + (k >> 1)), ...f64x2.lane(k & 1), ...f64x2.splat],
  ];
  const offset = (from: number, length: number, to: number) => [
    ...[...get(from), ...get(length), ...i32.add, ...set(to)],
  ];
  return {
    name: 'normRowsGrad',
    params: numbers(8),
    locals: [...numbers(14), ...vectors(29)],
    body: [
      ...[...get(width), ...i32.const(2), ...i32.shl, ...set(stride)],
      ...repeat(fours, [
        ...halves.flatMap((half) => [
          ...[...kept(half, 0), ...set(mean + half), ...kept(half, 4), ...set(root + half)],
          ...[sum, dot].flatMap((total) => [...f64.const(0), ...f64x2.splat, ...set(total + half)]),
        ]),
        ...[...start, ...offset(shift, stride, scale), ...get(width), ...set(left)],
        ...repeat(left, [
          ...[...f64.const(1), ...f64x2.splat, ...get(scale), ...v128.loadSplat32, ...f64x2.promote],
          ...[...f64x2.add, ...set(gain)],
          ...halves.flatMap((half) => [
            ...[...across(xRow, half), ...get(mean + half), ...f64x2.sub],
            ...[...get(root + half), ...f64x2.mul, ...set(z)],
            ...[...across(gRow, half), ...get(gain), ...f64x2.mul, ...set(own)],
            ...[...get(sum + half), ...get(own), ...f64x2.add, ...set(sum + half)],
            ...[...get(dot + half), ...get(own), ...get(z), ...f64x2.mul, ...f64x2.add, ...set(dot + half)],
          ]),
          ...[...xRow, ...gRow, scale].flatMap((pointer) => advance(pointer, 4)),
        ]),
        ...each.flatMap((k) => [
          ...[...spread(mean, k), ...set(means + k), ...spread(root, k), ...set(roots + k)],
          ...[...spread(sum, k), ...byWidth, ...set(sums + k), ...spread(dot, k), ...set(dots + k)],
        ]),
        ...[...start, ...offset(shift, stride, scale), ...get(dx), ...set(to), ...get(dShift), ...set(dAt)],
        ...[...offset(dShift, stride, dScale), ...get(width), ...i32.const(1), ...i32.shru, ...set(left)],
        ...repeat(left, [
          ...[...f64.const(1), ...f64x2.splat, ...pair(scale), ...f64x2.add, ...set(gain)],
          ...[...get(dAt), ...v128.loadZero64(), ...set(forShift), ...pair(dScale), ...set(forScale)],
          ...each.flatMap((k) => [
            ...[
              ...pair(xRow[k]!),
              ...get(means + k),
              ...f64x2.sub,
              ...get(roots + k),
              ...f64x2.mul,
              ...set(z),
            ],
            ...[...pair(gRow[k]!), ...set(own)],
            ...[...get(forShift), ...get(gRow[k]!), ...v128.loadZero64(), ...f32x4.add, ...set(forShift)],
            // Kept in single precision from row to row, as where it is kept in between.
            ...[...get(forScale), ...get(own), ...get(z), ...f64x2.mul, ...f64x2.add],
            ...[...f32x4.demote, ...f64x2.promote, ...set(forScale)],
            ...[...get(to), ...(k > 0 ? [...get(stride), ...i32.const(k), ...i32.mul, ...i32.add] : [])],
            ...[...get(roots + k), ...get(own), ...get(gain), ...f64x2.mul, ...get(sums + k), ...f64x2.sub],
            ...[...get(z), ...get(dots + k), ...f64x2.mul, ...byWidth, ...f64x2.sub, ...f64x2.mul],
            ...[...f32x4.demote, ...v128.storeLane64()],
          ]),
          ...[...get(dAt), ...get(forShift), ...v128.storeLane64()],
          ...[...get(dScale), ...get(forScale), ...f32x4.demote, ...v128.storeLane64()],
          ...[...xRow, ...gRow, scale, to, dAt, dScale].flatMap((pointer) => advance(pointer, 8)),
        ]),
        ...[x, g, dx].flatMap((pointer) => [
          ...[...get(pointer), ...get(stride), ...i32.const(4), ...i32.mul, ...i32.add, ...set(pointer)],
        ]),
        ...advance(stats, 32),
      ]),
    ],
  };
};
