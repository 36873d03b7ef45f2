/**
 * WebAssembly put together byte by byte: there is no compiler to install and nothing to fetch. Instructions have the names of the
 * specification, in camel case. Addresses are in bytes.
 */

/** Unsigned LEB128. */
export const leb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
};
const vector = (items: readonly (readonly number[])[]) => [...leb(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]) => [id, ...leb(content.length), ...content];
const text = (name: string) => [...leb(name.length), ...new TextEncoder().encode(name)];

export const valueType = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;

export const get = (local: number) => [0x20, ...leb(local)];
export const set = (local: number) => [0x21, ...leb(local)];
export const tee = (local: number) => [0x22, ...leb(local)];

/** A small signed number in one byte. */
const i32Const = (small: number) => [0x41, small & 127];
export const i32 = {
  const: i32Const,
  load: [0x28, 0, 0],
  eqz: [0x45],
  add: [0x6a],
  sub: [0x6b],
  mul: [0x6c],
  and: [0x71],
  shl: [0x74],
  shru: [0x76],
};
export const f32 = {
  load: [0x2a, 0, 0],
  store: [0x38, 0, 0],
  max: [0x97],
  add: [0x92],
  mul: [0x94],
  demote: [0xb6],
};
export const f64 = {
  const: (value: number) => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)],
  add: [0xa0],
  fromI32: [0xb8],
  promote: [0xbb],
};
const simd = (code: number, ...more: number[]) => [0xfd, ...leb(code), ...more];
export const v128 = {
  load: (offset = 0) => simd(0x00, 0, ...leb(offset)),
  store: (offset = 0) => simd(0x0b, 0, ...leb(offset)),
  loadSplat32: simd(0x09, 0, 0),
  loadZero32: simd(0x5c, 0, 0),
  loadZero64: (offset = 0) => simd(0x5d, 0, ...leb(offset)),
  loadLane32: (lane: number) => simd(0x56, 0, 0, lane),
  storeLane64: (offset = 0) => simd(0x5b, 0, ...leb(offset), 0),
  bitselect: simd(0x52),
  /** The bytes of two vectors side by side, by 32-bit lanes: 0 to 3 of the first, 4 to 7 of the second. */
  shuffle32: (...lanes: number[]) =>
    simd(0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))),
};
export const f32x4 = {
  lane: (n: number) => simd(0x1f, n),
  add: simd(0xe4),
  mul: simd(0xe6),
  max: simd(0xe9),
  demote: simd(0x5e), // of two f64, into the lower half
};
export const f64x2 = {
  splat: simd(0x14),
  lane: (n: number) => simd(0x21, n),
  promote: simd(0x5f), // of the lower half
  gt: simd(0x4a),
  le: simd(0x4b),
  add: simd(0xf0),
  sub: simd(0xf1),
  mul: simd(0xf2),
  div: simd(0xf3),
  max: simd(0xf5),
  sqrt: simd(0xef),
  fromI32x4: simd(0xfe),
};
export const integers = {
  truncF64x2: simd(0xfc), // i32x4, the upper half 0
  extendLow: simd(0xc7), // i64x2 of the lower half of an i32x4
  shl64: simd(0xcb),
  add64: simd(0xce),
  and: simd(0x4e),
};

/** A local `count` becomes the number of a local `width`, shifted right: how many times 2^shift it is. */
export const countOf = (width: number, shift: number, count: number): number[] => [
  ...[...get(width), ...i32.const(shift), ...i32.shru, ...set(count)],
];

/** So many locals of a type. */
export const locals = (count: number, type: keyof typeof valueType): number[] =>
  new Array<number>(count).fill(valueType[type]);

/** Two numbers of single precision at the address in a local, as doubles. */
export const pairAt = (at: number): number[] => [...get(at), ...v128.loadZero64(), ...f64x2.promote];

/** A local moves on by so many bytes, at most 63. */
export const advance = (local: number, bytes: number) => [
  ...get(local),
  ...i32Const(bytes),
  ...i32.add,
  ...set(local),
];

/** Repeats `body` as often as the local `count` says, and leaves 0 in it. */
export const repeat = (count: number, body: readonly number[]): number[] => [
  ...[0x02, 0x40, ...get(count), ...i32.eqz, 0x0d, 0], // block: leave when count is 0
  ...[0x03, 0x40], // loop
  ...body,
  ...[...get(count), ...i32Const(1), ...i32.sub, ...tee(count), 0x0d, 0],
  ...[0x0b, 0x0b],
];

export interface WasmFunction {
  name: string;
  /** Types of the parameters, which are the locals from 0 on. */
  params: readonly number[];
  /** Types of the locals after them. */
  locals: readonly number[];
  body: readonly number[];
}

/** A module of functions without results over a memory that is imported as m.m. */
export const wasmModule = (functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(functions.map(({ params }) => [0x60, ...vector(params.map((type) => [type])), 0]))),
    ...section(2, vector([[...text('m'), ...text('m'), 0x02, 0x00, 1]])),
    ...section(3, vector(functions.map((_, i) => leb(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0, ...leb(i)]))),
    ...section(
      10,
      vector(
        functions.map(({ locals, body }) => {
          const code = [...vector(locals.map((type) => [1, type])), ...body, 0x0b];
          return [...leb(code.length), ...code];
        }),
      ),
    ),
  ]);

/** Compiles a module, or says nothing where WebAssembly or its SIMD is not to be had. */
export const compiled = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined =>
  typeof WebAssembly === 'object' && WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
