import type { WasmFunction } from './wasm-code';
import { advance, compiled, f32, f32x4, get, i32, locals, repeat, set, v128, wasmModule } from './wasm-code';

/**
 * Three loops over scattered rows in WebAssembly SIMD, written for one row length each, so that rows stay in registers.
 *
 * Offsets and addresses are in bytes. `rows` is an array of `count` int32 offsets, row n lying at base + rows[n].
 */
export interface SimdRows {
  memory: WebAssembly.Memory;
  /** out[n] = vector . row n */
  dots(vector: number, rows: number, count: number, base: number, out: number): void;
  /** out = sum over n of weights[n] * row n */
  mix(weights: number, rows: number, count: number, base: number, out: number): void;
  /** row n += weights[n] * vector */
  spread(weights: number, rows: number, count: number, base: number, vector: number): void;
}

/** The five parameters are locals 0 to 4; local 5 is the address of the row, 6 a spare vector, the rest registers. */
const [row, spare, register] = [5, 6, 7];
const forParts = (parts: number, body: (c: number) => number[]) =>
  Array.from({ length: parts }, (_, c) => body(c)).flat();

/** A function: `before`, then `body` once for each row, then `after`; local `step` moves on with local 1. */
const overRows = (
  name: string,
  parts: number,
  step: number,
  before: number[],
  body: number[],
  after: number[],
): WasmFunction => ({
  name,
  params: locals(5, 'i32'),
  locals: [...locals(1, 'i32'), ...locals(parts + 1, 'v128')],
  body: [
    ...before,
    ...repeat(2, [
      ...[...get(3), ...get(1), ...i32.load, ...i32.add, ...set(row)],
      ...body,
      ...advance(1, 4),
      ...advance(step, 4),
    ]),
    ...after,
  ],
});

const moduleBytes = (parts: number): Uint8Array<ArrayBuffer> => {
  const weight = [...get(0), ...v128.loadSplat32, ...set(spare)];
  const keepVector = (from: number) =>
    forParts(parts, (c) => [...get(from), ...v128.load(16 * c), ...set(register + c)]);
  const dots = overRows(
    'dots',
    parts,
    4,
    keepVector(0),
    [
      ...forParts(parts, (c) => [
        ...[...get(row), ...v128.load(16 * c), ...get(register + c), ...f32x4.mul],
        ...(c > 0 ? f32x4.add : []),
      ]),
      ...[...set(spare), ...get(4)],
      ...[...get(spare), ...f32x4.lane(0), ...get(spare), ...f32x4.lane(1), ...f32.add],
      ...[...get(spare), ...f32x4.lane(2), ...get(spare), ...f32x4.lane(3), ...f32.add],
      ...[...f32.add, ...f32.store],
    ],
    [],
  );
  const mix = overRows(
    'mix',
    parts,
    0,
    [],
    [
      ...weight,
      ...forParts(parts, (c) => [
        ...[...get(register + c), ...get(row), ...v128.load(16 * c), ...get(spare)],
        ...[...f32x4.mul, ...f32x4.add, ...set(register + c)],
      ]),
    ],
    forParts(parts, (c) => [...get(4), ...get(register + c), ...v128.store(16 * c)]),
  );
  const spread = overRows(
    'spread',
    parts,
    0,
    keepVector(4),
    [
      ...weight,
      ...forParts(parts, (c) => [
        ...[...get(row), ...get(row), ...v128.load(16 * c), ...get(spare), ...get(register + c)],
        ...[...f32x4.mul, ...f32x4.add, ...v128.store(16 * c)],
      ]),
    ],
    [],
  );
  return wasmModule([dots, mix, spread]);
};

const modules = new Map<number, WebAssembly.Module | undefined>();
const made = new WeakMap<WebAssembly.Memory, Map<number, SimdRows>>();
let ownMemory: WebAssembly.Memory | undefined;

const moduleFor = (length: number): WebAssembly.Module | undefined => {
  if (!modules.has(length)) {
    modules.set(length, length % 4 === 0 ? compiled(moduleBytes(length / 4)) : undefined);
  }
  return modules.get(length);
};

/**
 * The loops for rows of `length` numbers, a multiple of 4, over `memory` (by default one that all of them share, for
 * use with `layOut`). Undefined where WebAssembly SIMD is not to be had.
 */
export const simdRows = (length: number, memory?: WebAssembly.Memory): SimdRows | undefined => {
  const module = moduleFor(length);
  if (!module) return undefined;
  ownMemory ??= new WebAssembly.Memory({ initial: 1 });
  const target = memory ?? ownMemory;
  let sizes = made.get(target);
  if (!sizes) {
    sizes = new Map();
    made.set(target, sizes);
  }
  let rows = sizes.get(length);
  if (!rows) {
    const { exports } = new WebAssembly.Instance(module, { m: { m: target } });
    rows = { memory: target, ...(exports as unknown as Omit<SimdRows, 'memory'>) };
    sizes.set(length, rows);
  }
  return rows;
};

/** Room for arrays of 4-byte numbers of these lengths, each at a multiple of 16 bytes; the addresses in order. */
export const layOut = (memory: WebAssembly.Memory, lengths: readonly number[]): number[] => {
  let end = 0;
  const addresses = lengths.map((length) => {
    const at = end;
    end += Math.ceil(length / 4) * 16;
    return at;
  });
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
  return addresses;
};
