import type { WasmFunction } from './wasm-code';
import {
  advance,
  countOf,
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
} from './wasm-code';

/** Walks over whole matrices in WebAssembly SIMD; see simd-elements.ts. */

const four = [0, 1, 2, 3];

/** out = x^T, in squares of four, both sides multiples of it. A strip of four rows fills a quarter of each line that it writes to. */
export const transpose = (): WasmFunction => {
  const [x, out, rows, columns, strips, squares, stride, tall, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const from = four.map((k) => 9 + k);
  const row = four.map((k) => 13 + k);
  const half = four.map((k) => 17 + k);
  const bytes = (side: number, length: number) => [
    ...[...get(side), ...i32.const(2), ...i32.shl, ...set(length)],
  ];
  const woven = (to: number, a: number, b: number, lanes: readonly number[]) => [
    ...[...get(a), ...get(b), ...v128.shuffle32(...lanes), ...set(to)],
  ];
  const column = (a: number, b: number, lanes: readonly number[]) => [
    ...[...get(to), ...get(a), ...get(b), ...v128.shuffle32(...lanes), ...v128.store()],
    ...[...get(to), ...get(tall), ...i32.add, ...set(to)],
  ];
  return {
    name: 'transpose',
    params: locals(4, 'i32'),
    locals: [...locals(9, 'i32'), ...locals(8, 'v128')],
    body: [
      ...[...bytes(columns, stride), ...bytes(rows, tall), ...countOf(rows, 2, strips)],
      ...repeat(strips, [
        ...[...get(x), ...set(from[0]!)],
        ...[1, 2, 3].flatMap((k) => [...get(from[k - 1]!), ...get(stride), ...i32.add, ...set(from[k]!)]),
        ...[...get(out), ...set(to), ...countOf(columns, 2, squares)],
        ...repeat(squares, [
          ...four.flatMap((k) => [...get(from[k]!), ...v128.load(), ...set(row[k]!)]),
          ...woven(half[0]!, row[0]!, row[1]!, [0, 4, 1, 5]),
          ...woven(half[1]!, row[2]!, row[3]!, [0, 4, 1, 5]),
          ...woven(half[2]!, row[0]!, row[1]!, [2, 6, 3, 7]),
          ...woven(half[3]!, row[2]!, row[3]!, [2, 6, 3, 7]),
          ...column(half[0]!, half[1]!, [0, 1, 4, 5]),
          ...column(half[0]!, half[1]!, [2, 3, 6, 7]),
          ...column(half[2]!, half[3]!, [0, 1, 4, 5]),
          ...column(half[2]!, half[3]!, [2, 3, 6, 7]),
          ...from.flatMap((pointer) => advance(pointer, 16)),
        ]),
        ...[...get(from[3]!), ...set(x)], // the end of the strip
        ...advance(out, 16),
      ]),
    ],
  };
};

/** out = the sum of x's rows, in double precision in `sums` until then; `width` even. */
export const sumRows = (): WasmFunction => {
  const [x, out, rows, width, sums, at, left, to] = [0, 1, 2, 3, 4, 5, 6, 7];
  const overPairs = (body: readonly number[]) => [
    ...[...get(sums), ...set(at), ...countOf(width, 1, left)],
    ...repeat(left, [...body, ...advance(at, 16)]),
  ];
  return {
    name: 'sumRows',
    params: locals(5, 'i32'),
    locals: locals(3, 'i32'),
    body: [
      ...overPairs([...get(at), ...f64.const(0), ...f64x2.splat, ...v128.store()]),
      ...repeat(
        rows,
        overPairs([
          ...[...get(at), ...get(at), ...v128.load(), ...pairAt(x)],
          ...[...f64x2.add, ...v128.store(), ...advance(x, 8)],
        ]),
      ),
      ...[...get(out), ...set(to)],
      ...overPairs([
        ...[
          ...get(to),
          ...get(at),
          ...v128.load(),
          ...f32x4.demote,
          ...v128.storeLane64(),
          ...advance(to, 8),
        ],
      ]),
    ],
  };
};
