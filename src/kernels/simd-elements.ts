import { expCode, expLocals } from './simd-exp';
import { sumRows, transpose } from './simd-matrix';
import { normRows, normRowsGrad } from './simd-norm';
import type { WasmFunction } from './wasm-code';
import {
  advance,
  compiled,
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

const addRow = (): WasmFunction => {
  const [x, row, out, rows, width, at, left] = [0, 1, 2, 3, 4, 5, 6];
  const step = (bytes: number, loaded: number[], sum: number[], stored: number[]) => [
    ...[...get(out), ...get(x), ...loaded, ...get(at), ...loaded, ...sum, ...stored],
    ...[...advance(x, bytes), ...advance(at, bytes), ...advance(out, bytes)],
  ];
  return {
    name: 'addRow',
    params: locals(5, 'i32'),
    locals: locals(2, 'i32'),
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
    params: locals(4, 'i32'),
    locals: locals(1, 'i32'),
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
    params: locals(6, 'i32'),
    locals: locals(2, 'i32'),
    body: repeat(rows, [
      ...[...get(row), ...set(at)],
      ...countOf(width, 1, left),
      ...repeat(left, [
        ...[...get(out), ...pairAt(x), ...pairAt(at), ...pairAt(y), ...f64x2.mul, ...f64x2.add],
        ...[...f32x4.demote, ...v128.storeLane64()],
        ...[x, y, at, out].flatMap((pointer) => advance(pointer, 8)),
      ]),
    ]),
  };
};

const softmaxRows = (): WasmFunction => {
  const [at, rows, span, scale, here, left, total, top, factor] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const exp = expCode(9);
  const from = [...get(at), ...set(here)];
  const side = (n: number) => [...get(top), ...f32x4.lane(n)];
  return {
    name: 'softmaxRows',
    params: [...locals(3, 'i32'), valueType.f64],
    locals: [...locals(2, 'i32'), valueType.f64, ...locals(2, 'v128'), ...expLocals],
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
          ...[...pairAt(here), ...get(top), ...f64x2.sub, ...get(factor), ...f64x2.mul, ...set(exp.x)],
          ...[...exp.of, ...set(exp.x), ...get(here), ...get(exp.x), ...f32x4.demote, ...v128.storeLane64()],
          ...[...get(total), ...get(exp.x), ...f64x2.lane(0), ...f64.add],
          ...[...get(exp.x), ...f64x2.lane(1), ...f64.add, ...set(total), ...advance(here, 8)],
        ]),
        ...[...from, ...get(total), ...f64x2.splat, ...set(top), ...countOf(span, 1, left)],
        ...repeat(left, [
          ...[...get(here), ...pairAt(here), ...get(top), ...f64x2.div, ...f32x4.demote],
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
