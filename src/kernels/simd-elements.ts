import { expCode, expLocals } from './simd-exp';
import { sumRows, transpose } from './simd-matrix';
import { normRowsGrad } from './simd-norm-grad';
import type { WasmFunction } from './wasm-code';
import {
  advance,
  compiled,
  f32,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  repeat,
  set,
  v128,
  valueType,
  wasmModule,
} from './wasm-code';

/**
 * Walks over rows side by side in WebAssembly SIMD, for the operations between products. Each does what the JavaScript loop that
 * stands in for it does, in the same order and precision, and gives the same numbers bit for bit. Addresses and counts are whole numbers.
 */
export interface SimdElements {
  /** out = x + row, for each of `rows` rows of x. */
  addRow(x: number, row: number, out: number, rows: number, width: number): void;
  /** out = a * b, `count` numbers. */
  multiply(a: number, b: number, out: number, count: number): void;
  /** out = x + row * y, in double precision, for each of `rows` rows of x and y; `width` even. */
  addGated(x: number, row: number, out: number, rows: number, width: number, y: number): void;
  /**
   * out = (x - mean) / sqrt(variance + eps) (1 + scale) + shift in double precision, four rows a time; mean and the root's inverse go
   * to `stats`. The scale lies behind the shift; `width` even.
   */
  normRows(
    x: number,
    shift: number,
    out: number,
    fours: number,
    width: number,
    stats: number,
    eps: number,
  ): void;
  /** Each of `rows` rows of `span` numbers, a multiple of 4, becomes softmax(scale * row), summed in double precision. */
  softmaxRows(at: number, rows: number, span: number, scale: number): void;
  /**
   * From g, what is pushed back at the output of `normRows`: dx, and added to the shift's and the scale's gradient that from each
   * row in turn.
   */
  normRowsGrad(
    x: number,
    shift: number,
    stats: number,
    g: number,
    dx: number,
    fours: number,
    width: number,
    dShift: number,
  ): void;
  /** out = x^T; `rows` and `columns` multiples of 4. */
  transpose(x: number, out: number, rows: number, columns: number): void;
  /** out = the sum of x's rows, `width` even; `sums` has room for as many numbers of double precision. */
  sumRows(x: number, out: number, rows: number, width: number, sums: number): void;
}

const numbers = (count: number) => new Array<number>(count).fill(valueType.i32);
const vectors = (count: number) => new Array<number>(count).fill(valueType.v128);

/** Two numbers of single precision as doubles. */
const pair = (at: number, offset = 0) => [...get(at), ...v128.loadZero64(offset), ...f64x2.promote];
const double = (...code: number[][]) => [...code.flat(), ...f64x2.mul];

/** A local counts `width` shifted right, or what is left of it. */
const countOf = (width: number, shift: number, count: number) => [
  ...[...get(width), ...i32.const(shift), ...i32.shru, ...set(count)],
];

const addRow = (): WasmFunction => {
  const [x, row, out, rows, width, at, left] = [0, 1, 2, 3, 4, 5, 6];
  const step = (bytes: number, loaded: number[], sum: number[], stored: number[]) => [
    ...[...get(out), ...get(x), ...loaded, ...get(at), ...loaded, ...sum, ...stored],
    ...[...advance(x, bytes), ...advance(at, bytes), ...advance(out, bytes)],
  ];
  return {
    name: 'addRow',
    params: numbers(5),
    locals: numbers(2),
    body: repeat(rows, [
      ...[...get(row), ...set(at)],
      ...countOf(width, 2, left),
      ...repeat(left, step(16, v128.load(), f32x4.add, v128.store())),
      ...[...get(width), ...i32.const(3), ...i32.and, ...set(left)],
      ...repeat(left, step(4, f32.load, f32.add, f32.store)),
    ]),
  };
};

const multiply = (): WasmFunction => {
  const [a, b, out, count, left] = [0, 1, 2, 3, 4];
  const step = (bytes: number, loaded: number[], product: number[], stored: number[]) => [
    ...[...get(out), ...get(a), ...loaded, ...get(b), ...loaded, ...product, ...stored],
    ...[...advance(a, bytes), ...advance(b, bytes), ...advance(out, bytes)],
  ];
  return {
    name: 'multiply',
    params: numbers(4),
    locals: numbers(1),
    body: [
      ...countOf(count, 2, left),
      ...repeat(left, step(16, v128.load(), f32x4.mul, v128.store())),
      ...[...get(count), ...i32.const(3), ...i32.and, ...set(left)],
      ...repeat(left, step(4, f32.load, f32.mul, f32.store)),
    ],
  };
};

const addGated = (): WasmFunction => {
  const [x, row, out, rows, width, y, at, left] = [0, 1, 2, 3, 4, 5, 6, 7];
  return {
    name: 'addGated',
    params: numbers(6),
    locals: numbers(2),
    body: repeat(rows, [
      ...[...get(row), ...set(at)],
      ...countOf(width, 1, left),
      ...repeat(left, [
        ...[...get(out), ...pair(x), ...double(pair(at), pair(y)), ...f64x2.add],
        ...[...f32x4.demote, ...v128.storeLane64()],
        ...[x, y, at, out].flatMap((pointer) => advance(pointer, 8)),
      ]),
    ]),
  };
};

const normRows = (): WasmFunction => {
  const [x, shift, out, fours, width, stats, eps, at, left, stride, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const scale = 11;
  const row = [0, 1, 2, 3].map((k) => 12 + k); // where each of the four rows is read
  const [mean, root, sum] = [16, 18, 20]; // of rows 0 and 1, then of rows 2 and 3
  const [means, roots] = [22, 26]; // of one row each, twice
  const [gain, bias] = [30, 31];
  const halves = [0, 1];
  const start = [
    ...[...get(x), ...set(row[0]!)],
    ...[1, 2, 3].flatMap((k) => [...get(row[k - 1]!), ...get(stride), ...i32.add, ...set(row[k]!)]),
  ];
  /** The next number of two rows. */
  const across = (half: number) => [
    ...[...get(row[2 * half + 1]!), ...get(row[2 * half]!), ...v128.loadZero32],
    ...[...v128.loadLane32(1), ...f64x2.promote],
  ];
  const nextColumn = row.flatMap((pointer) => advance(pointer, 4));
  const zero = halves.flatMap((half) => [...f64.const(0), ...f64x2.splat, ...set(sum + half)]);
  const byWidth = [...get(width), ...f64.fromI32, ...f64x2.splat, ...f64x2.div];
  /** One number of single precision behind the next of a row's two, in `stats`. */
  const keep = (k: number, of: number, offset: number) => [
    ...[...get(stats), ...i32.const(8 * k + offset), ...i32.add],
    ...[...get(of + (k >> 1)), ...f64x2.lane(k & 1), ...f32.demote, ...f32.store],
  ];
  const spread = (k: number, from: number, to: number) => [
    ...[...get(from + (k >> 1)), ...f64x2.lane(k & 1), ...f64x2.splat, ...set(to + k)],
  ];
  return {
    name: 'normRows',
    params: [...numbers(6), valueType.f64],
    locals: [...numbers(9), ...vectors(16)],
    body: [
      ...[...get(width), ...i32.const(2), ...i32.shl, ...set(stride)],
      ...repeat(fours, [
        ...[...start, ...zero, ...get(width), ...set(left)],
        ...repeat(left, [
          ...halves.flatMap((half) => [
            ...[...get(sum + half), ...across(half), ...f64x2.add, ...set(sum + half)],
          ]),
          ...nextColumn,
        ]),
        ...halves.flatMap((half) => [
          ...[...get(sum + half), ...byWidth, ...f32x4.demote, ...f64x2.promote, ...set(mean + half)],
        ]),
        ...[...start, ...zero, ...get(width), ...set(left)],
        ...repeat(left, [
          ...halves.flatMap((half) => [
            ...[...across(half), ...get(mean + half), ...f64x2.sub, ...set(root + half)],
            ...[...get(sum + half), ...double(get(root + half), get(root + half)), ...f64x2.add],
            ...set(sum + half),
          ]),
          ...nextColumn,
        ]),
        ...halves.flatMap((half) => [
          ...[...f64.const(1), ...f64x2.splat, ...get(sum + half), ...byWidth],
          ...[...get(eps), ...f64x2.splat, ...f64x2.add, ...f64x2.sqrt, ...f64x2.div, ...set(root + half)],
        ]),
        ...[0, 1, 2, 3].flatMap((k) => [
          ...[...keep(k, mean, 0), ...keep(k, root, 4)],
          ...[...spread(k, mean, means), ...spread(k, root, roots)],
        ]),
        ...[...start, ...get(shift), ...set(at), ...get(shift), ...get(stride), ...i32.add, ...set(scale)],
        ...[...get(out), ...set(to), ...countOf(width, 1, left)],
        ...repeat(left, [
          ...[...f64.const(1), ...f64x2.splat, ...pair(scale), ...f64x2.add, ...set(gain)],
          ...[...pair(at), ...set(bias)],
          ...[0, 1, 2, 3].flatMap((k) => [
            ...[...get(to), ...(k > 0 ? [...get(stride), ...i32.const(k), ...i32.mul, ...i32.add] : [])],
            ...[...pair(row[k]!), ...get(means + k), ...f64x2.sub, ...get(roots + k), ...f64x2.mul],
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

const softmaxRows = (): WasmFunction => {
  const [at, rows, span, scale, here, left, total, top, factor] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const exp = expCode(9);
  const from = [...get(at), ...set(here)];
  const side = (n: number) => [...get(top), ...f32x4.lane(n)];
  return {
    name: 'softmaxRows',
    params: [...numbers(3), valueType.f64],
    locals: [...numbers(2), valueType.f64, ...vectors(2), ...expLocals],
    body: [
      ...exp.before,
      ...[...get(scale), ...f64x2.splat, ...set(factor)],
      ...repeat(rows, [
        ...[...from, ...get(at), ...v128.load(), ...set(top), ...countOf(span, 2, left)],
        ...repeat(left, [
          ...[...get(top), ...get(here), ...v128.load(), ...f32x4.max, ...set(top), ...advance(here, 16)],
        ]),
        ...[...side(0), ...side(1), ...f32.max, ...side(2), ...f32.max, ...side(3), ...f32.max],
        ...[...f64.promote, ...f64x2.splat, ...set(top)],
        ...[...f64.const(0), ...set(total), ...from, ...countOf(span, 1, left)],
        ...repeat(left, [
          ...[...pair(here), ...get(top), ...f64x2.sub, ...get(factor), ...f64x2.mul, ...set(exp.x)],
          ...[...exp.of, ...set(exp.x), ...get(here), ...get(exp.x), ...f32x4.demote, ...v128.storeLane64()],
          ...[...get(total), ...get(exp.x), ...f64x2.lane(0), ...f64.add],
          ...[...get(exp.x), ...f64x2.lane(1), ...f64.add, ...set(total), ...advance(here, 8)],
        ]),
        ...[...from, ...get(total), ...f64x2.splat, ...set(top), ...countOf(span, 1, left)],
        ...repeat(left, [
          ...[...get(here), ...pair(here), ...get(top), ...f64x2.div, ...f32x4.demote],
          ...[...v128.storeLane64(), ...advance(here, 8)],
        ]),
        ...[...get(here), ...set(at)],
      ]),
    ],
  };
};

let module: WebAssembly.Module | undefined | 'unmade' = 'unmade';
const made = new WeakMap<WebAssembly.Memory, SimdElements>();

/** The walks over `memory`; undefined where WebAssembly SIMD is not to be had. */
export const simdElements = (memory: WebAssembly.Memory): SimdElements | undefined => {
  if (module === 'unmade') {
    const walks = [
      addRow(),
      multiply(),
      addGated(),
      normRows(),
      softmaxRows(),
      transpose(),
      sumRows(),
      normRowsGrad(),
    ];
    module = compiled(wasmModule(walks));
  }
  if (!module) return undefined;
  let elements = made.get(memory);
  if (!elements) {
    elements = new WebAssembly.Instance(module, { m: { m: memory } }).exports as unknown as SimdElements;
    made.set(memory, elements);
  }
  return elements;
};
