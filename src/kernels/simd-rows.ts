/**
 * Three loops over scattered rows in WebAssembly SIMD, written for one row length each, so that rows stay in registers.
 * The module is put together here byte by byte; there is no compiler to install and nothing to fetch.
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

/** Unsigned LEB128. */
const leb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
};
const vector = (items: number[][]) => [...leb(items.length), ...items.flat()];
const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];
const text = (name: string) => [...leb(name.length), ...new TextEncoder().encode(name)];

// Instructions, by the names of the WebAssembly specification.
const get = (local: number) => [0x20, ...leb(local)];
const set = (local: number) => [0x21, ...leb(local)];
const tee = (local: number) => [0x22, ...leb(local)];
const i32Load = [0x28, 0, 0];
const f32Store = [0x38, 0, 0];
const i32Const = (small: number) => [0x41, small];
const [i32Add, i32Sub, f32Add] = [[0x6a], [0x6b], [0x92]];
const load = (offset: number) => [0xfd, 0x00, 0, ...leb(offset)];
const loadSplat = [0xfd, 0x09, 0, 0];
const store = (offset: number) => [0xfd, 0x0b, 0, ...leb(offset)];
const lane = (n: number) => [0xfd, 0x1f, n];
const add = [0xfd, 0xe4, 0x01];
const mul = [0xfd, 0xe6, 0x01];
const [i32, v128] = [0x7f, 0x7b];

/** The five parameters are locals 0 to 4; local 5 is the address of the row, 6 a spare vector, the rest registers. */
const [row, spare, register] = [5, 6, 7];
const forParts = (parts: number, body: (c: number) => number[]) =>
  Array.from({ length: parts }, (_, c) => body(c)).flat();

/** A function body: `before`, then `body` once for each row, then `after`; local `step` moves on with local 1. */
const overRows = (
  parts: number,
  step: number,
  before: number[],
  body: number[],
  after: number[],
): number[] => {
  const advance = (local: number) => [...get(local), ...i32Const(4), ...i32Add, ...set(local)];
  const code = [
    ...before,
    ...[0x02, 0x40, ...get(2), 0x45, 0x0d, 0], // block: leave when count is 0
    ...[0x03, 0x40], // loop
    ...[...get(3), ...get(1), ...i32Load, ...i32Add, ...set(row)],
    ...body,
    ...advance(1),
    ...advance(step),
    ...[...get(2), ...i32Const(1), ...i32Sub, ...tee(2), 0x0d, 0], // again while rows are left
    ...[0x0b, 0x0b],
    ...after,
    0x0b,
  ];
  const locals = vector([
    [...leb(1), i32],
    [...leb(parts + 1), v128],
  ]);
  return [...leb(locals.length + code.length), ...locals, ...code];
};

const moduleBytes = (parts: number): Uint8Array<ArrayBuffer> => {
  const weight = [...get(0), ...loadSplat, ...set(spare)];
  const keepVector = (from: number) =>
    forParts(parts, (c) => [...get(from), ...load(16 * c), ...set(register + c)]);
  const dots = overRows(
    parts,
    4,
    keepVector(0),
    [
      ...forParts(parts, (c) => [
        ...[...get(row), ...load(16 * c), ...get(register + c), ...mul],
        ...(c > 0 ? add : []),
      ]),
      ...[...set(spare), ...get(4)],
      ...[...get(spare), ...lane(0), ...get(spare), ...lane(1), ...f32Add],
      ...[...get(spare), ...lane(2), ...get(spare), ...lane(3), ...f32Add],
      ...[...f32Add, ...f32Store],
    ],
    [],
  );
  const mix = overRows(
    parts,
    0,
    [],
    [
      ...weight,
      ...forParts(parts, (c) => [
        ...[...get(register + c), ...get(row), ...load(16 * c), ...get(spare), ...mul, ...add],
        ...set(register + c),
      ]),
    ],
    forParts(parts, (c) => [...get(4), ...get(register + c), ...store(16 * c)]),
  );
  const spread = overRows(
    parts,
    0,
    keepVector(4),
    [
      ...weight,
      ...forParts(parts, (c) => [
        ...[...get(row), ...get(row), ...load(16 * c), ...get(spare), ...get(register + c)],
        ...[...mul, ...add, ...store(16 * c)],
      ]),
    ],
    [],
  );
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, ...vector([[i32], [i32], [i32], [i32], [i32]]), 0]])),
    ...section(2, vector([[...text('m'), ...text('m'), 0x02, 0x00, 1]])),
    ...section(3, vector([[0], [0], [0]])),
    ...section(7, vector(['dots', 'mix', 'spread'].map((name, i) => [...text(name), 0, i]))),
    ...section(10, vector([dots, mix, spread])),
  ]);
};

const modules = new Map<number, WebAssembly.Module | undefined>();
const made = new WeakMap<WebAssembly.Memory, Map<number, SimdRows>>();
let ownMemory: WebAssembly.Memory | undefined;

const moduleFor = (length: number): WebAssembly.Module | undefined => {
  if (!modules.has(length)) {
    const bytes = length % 4 === 0 && typeof WebAssembly === 'object' ? moduleBytes(length / 4) : undefined;
    modules.set(length, bytes && WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined);
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
