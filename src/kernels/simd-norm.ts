import type { WasmFunction } from './wasm-code';
import {
  advance,
  countOf,
  f32,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  locals,
  pairAt,
  repeat,
  set,
  v128,
  valueType,
} from './wasm-code';

/** Layer norm and its gradient in WebAssembly SIMD, four rows a time, so that sums run through each row in its order; see simd-elements.ts. */

const each = [0, 1, 2, 3];
/** Rows 0 and 1, then rows 2 and 3. */
const halves = [0, 1];

/** The next number of each of two rows, as doubles. @param rows locals with the addresses of all four */
const across = (rows: readonly number[], half: number) => [
  ...[...get(rows[2 * half + 1]!), ...get(rows[2 * half]!), ...v128.loadZero32],
  ...[...v128.loadLane32(1), ...f64x2.promote],
];

/** Addresses of four rows, the first at that of the local `first`. */
const rowsFrom = (first: number, stride: number, rows: readonly number[]) => [
  ...[...get(first), ...set(rows[0]!)],
  ...[1, 2, 3].flatMap((k) => [...get(rows[k - 1]!), ...get(stride), ...i32.add, ...set(rows[k]!)]),
];

/** Row k's part of what is kept of two rows, twice. */
const spread = (from: number, k: number) => [
  ...[...get(from + (k >> 1)), ...f64x2.lane(k & 1), ...f64x2.splat],
];

const byWidth = (width: number) => [...get(width), ...f64.fromI32, ...f64x2.splat, ...f64x2.div];

/** The address of row k from that of row 0. */
const rowAt = (first: number, stride: number, k: number) => [
  ...get(first),
  ...(k > 0 ? [...get(stride), ...i32.const(k), ...i32.mul, ...i32.add] : []),
];

const zeros = (first: number) =>
  halves.flatMap((half) => [...f64.const(0), ...f64x2.splat, ...set(first + half)]);

/** See SimdElements. */
export const normRows = (): WasmFunction => {
  const [x, shift, out, fours, width, stats, eps, at, left, stride, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const scale = 11;
  const row = each.map((k) => 12 + k); // where each of the four rows is read
  const [mean, root, sum] = [16, 18, 20]; // of rows 0 and 1, then of rows 2 and 3
  const [means, roots] = [22, 26]; // of one row each, twice
  const [gain, bias] = [30, 31];
  const start = rowsFrom(x, stride, row);
  const nextColumn = row.flatMap((pointer) => advance(pointer, 4));
  /** One number of single precision behind the next of a row's two, in `stats`. */
  const keep = (k: number, of: number, offset: number) => [
    ...[...get(stats), ...i32.const(8 * k + offset), ...i32.add],
    ...[...get(of + (k >> 1)), ...f64x2.lane(k & 1), ...f32.demote, ...f32.store],
  ];
  return {
    name: 'normRows',
    params: [...locals(6, 'i32'), valueType.f64],
    locals: [...locals(9, 'i32'), ...locals(16, 'v128')],
    body: [
      ...[...get(width), ...i32.const(2), ...i32.shl, ...set(stride)],
      ...repeat(fours, [
        ...[...start, ...zeros(sum), ...get(width), ...set(left)],
        ...repeat(left, [
          ...halves.flatMap((half) => [
            ...[...get(sum + half), ...across(row, half), ...f64x2.add, ...set(sum + half)],
          ]),
          ...nextColumn,
        ]),
        ...halves.flatMap((half) => [
          ...[...get(sum + half), ...byWidth(width), ...f32x4.demote, ...f64x2.promote, ...set(mean + half)],
        ]),
        ...[...start, ...zeros(sum), ...get(width), ...set(left)],
        ...repeat(left, [
          ...halves.flatMap((half) => [
            ...[...across(row, half), ...get(mean + half), ...f64x2.sub, ...set(root + half)],
            ...[...get(sum + half), ...get(root + half), ...get(root + half), ...f64x2.mul, ...f64x2.add],
            ...set(sum + half),
          ]),
          ...nextColumn,
        ]),
        ...halves.flatMap((half) => [
          ...[...f64.const(1), ...f64x2.splat, ...get(sum + half), ...byWidth(width)],
          ...[...get(eps), ...f64x2.splat, ...f64x2.add, ...f64x2.sqrt, ...f64x2.div, ...set(root + half)],
        ]),
        ...each.flatMap((k) => [
          ...[...keep(k, mean, 0), ...keep(k, root, 4)],
          ...[...spread(mean, k), ...set(means + k), ...spread(root, k), ...set(roots + k)],
        ]),
        ...[...start, ...get(shift), ...set(at), ...get(shift), ...get(stride), ...i32.add, ...set(scale)],
        ...[...get(out), ...set(to), ...countOf(width, 1, left)],
        ...repeat(left, [
          ...[...f64.const(1), ...f64x2.splat, ...pairAt(scale), ...f64x2.add, ...set(gain)],
          ...[...pairAt(at), ...set(bias)],
          ...each.flatMap((k) => [
            ...rowAt(to, stride, k),
            ...[...pairAt(row[k]!), ...get(means + k), ...f64x2.sub, ...get(roots + k), ...f64x2.mul],
            ...[...get(gain), ...f64x2.mul, ...get(bias), ...f64x2.add, ...f32x4.demote],
            ...v128.storeLane64(),
          ]),
          ...[...row, at, scale, to].flatMap((pointer) => advance(pointer, 8)),
        ]),
        ...[x, out].flatMap((pointer) => [
          ...[...get(pointer), ...get(stride), ...i32.const(4), ...i32.mul, ...i32.add, ...set(pointer)],
        ]),
        ...advance(stats, 32),
      ]),
    ],
  };
};

/** The gradient of `normRows` in WebAssembly SIMD, four rows a time: sums over a row run through it in its order. */
export const normRowsGrad = (): WasmFunction => {
  const [x, shift, stats, g, dx, fours, width, dShift] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [left, stride, scale, to, dAt, dScale] = [8, 9, 10, 11, 12, 13];
  const [xRow, gRow] = [14, 18].map((first) => each.map((k) => first + k)) as [number[], number[]];
  const [mean, root, sum, dot] = [22, 24, 26, 28]; // of rows 0 and 1, then of rows 2 and 3
  const [means, roots, sums, dots] = [30, 34, 38, 42]; // of one row each, twice
  const [gain, z, own, forShift, forScale] = [46, 47, 48, 49, 50];
  const start = [...rowsFrom(x, stride, xRow), ...rowsFrom(g, stride, gRow)];
  /** What the forward pass has kept of two rows. */
  const kept = (half: number, offset: number) => [
    ...[...get(stats), ...i32.const(16 * half + 8 + offset), ...i32.add],
    ...[...get(stats), ...i32.const(16 * half + offset), ...i32.add, ...v128.loadZero32],
    ...[...v128.loadLane32(1), ...f64x2.promote],
  ];
  const offset = (from: number, length: number, to: number) => [
    ...[...get(from), ...get(length), ...i32.add, ...set(to)],
  ];
  return {
    name: 'normRowsGrad',
    params: locals(8, 'i32'),
    locals: [...locals(14, 'i32'), ...locals(29, 'v128')],
    body: [
      ...[...get(width), ...i32.const(2), ...i32.shl, ...set(stride)],
      ...repeat(fours, [
        ...halves.flatMap((half) => [
          ...[...kept(half, 0), ...set(mean + half), ...kept(half, 4), ...set(root + half)],
        ]),
        ...[...zeros(sum), ...zeros(dot), ...start, ...offset(shift, stride, scale)],
        ...[...get(width), ...set(left)],
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
          ...[...spread(sum, k), ...byWidth(width), ...set(sums + k), ...spread(dot, k), ...set(dots + k)],
        ]),
        ...[...start, ...offset(shift, stride, scale), ...get(dx), ...set(to), ...get(dShift), ...set(dAt)],
        ...[...offset(dShift, stride, dScale), ...get(width), ...i32.const(1), ...i32.shru, ...set(left)],
        ...repeat(left, [
          ...[...f64.const(1), ...f64x2.splat, ...pairAt(scale), ...f64x2.add, ...set(gain)],
          ...[...get(dAt), ...v128.loadZero64(), ...set(forShift), ...pairAt(dScale), ...set(forScale)],
          ...each.flatMap((k) => [
            ...[
              ...pairAt(xRow[k]!),
              ...get(means + k),
              ...f64x2.sub,
              ...get(roots + k),
              ...f64x2.mul,
              ...set(z),
            ],
            ...[...pairAt(gRow[k]!), ...set(own)],
            ...[...get(forShift), ...get(gRow[k]!), ...v128.loadZero64(), ...f32x4.add, ...set(forShift)],
            // Kept in single precision from row to row, as where it is kept in between.
            ...[...get(forScale), ...get(own), ...get(z), ...f64x2.mul, ...f64x2.add],
            ...[...f32x4.demote, ...f64x2.promote, ...set(forScale)],
            ...rowAt(to, stride, k),
            ...[...get(roots + k), ...get(own), ...get(gain), ...f64x2.mul, ...get(sums + k), ...f64x2.sub],
            ...[...get(z), ...get(dots + k), ...f64x2.mul, ...byWidth(width), ...f64x2.sub, ...f64x2.mul],
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
