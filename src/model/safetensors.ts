/**
 * The safetensors file format (Hugging Face, github.com/huggingface/safetensors): eight bytes of header length, a JSON
 * header `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__?: { text: text } }`, then the tensors' bytes,
 * row-major and little-endian, without holes.
 *
 * Files come from strangers, so nothing in the header is believed before it is checked against the bytes that are there.
 */

/** A safetensors file that cannot be read or written; the message names the file, the tensor, the reason and the remedy. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError';
  constructor(
    readonly fileName: string,
    readonly tensor: string | undefined,
    readonly reason: string,
    remedy: string,
  ) {
    super(`${fileName}${tensor === undefined ? '' : `, tensor "${shorten(tensor)}"`}: ${reason}. ${remedy}`);
  }
}

export interface SafetensorsEntry {
  shape: number[];
  /** The element type in the file. */
  dtype: 'F32' | 'F16' | 'BF16';
  /** The elements as 32-bit floats, decoded afresh at each read: keep it rather than read it twice. */
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  tensors: Map<string, SafetensorsEntry>;
  /** The header's `__metadata__`; empty when there is none. */
  metadata: Map<string, string>;
}

const MAX_HEADER = 100_000_000; // the limit of the format's reference implementation
const MAX_RANK = 8;
const elementBytes = { F32: 4, F16: 2, BF16: 2 } as const;

const DAMAGED = 'Download or export the file again.';
const CONVERT = 'Convert the weights to F32, F16 or BF16.';

const shorten = (text: string) => (text.length > 100 ? `${text.slice(0, 97)}...` : text);
const shown = (value: unknown) => shorten(JSON.stringify(value) ?? String(value));
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first key that an object of this (valid) JSON text has twice, down to the given depth. JSON.parse keeps the last silently. */
const duplicateKey = (text: string, maxDepth: number): string | undefined => {
  const seen: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '{' || c === '[') seen.push(new Set());
    else if (c === '}' || c === ']') seen.pop();
    else if (c === '"') {
      const start = i++;
      while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
      let next = i + 1;
      while (' \t\n\r'.includes(text[next] ?? 'x')) next++;
      if (text[next] !== ':' || seen.length > maxDepth) continue;
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      const keys = seen[seen.length - 1]!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
};

const readHeader = (
  bytes: Uint8Array,
  fileName: string,
): { header: Record<string, unknown>; dataStart: number } => {
  const fail = (reason: string, remedy = DAMAGED): never => {
    throw new SafetensorsError(fileName, undefined, reason, remedy);
  };
  if (bytes.length < 8) fail(`the file has ${bytes.length} bytes, too few for a safetensors file`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8)) {
    fail(
      `the header should be ${length} bytes long, but only ${bytes.length - 8} follow; the file is cut short or no safetensors file`,
    );
  }
  if (length > BigInt(MAX_HEADER))
    fail(`the header is ${length} bytes long, more than the format's ${MAX_HEADER}`);
  const dataStart = 8 + Number(length);
  let text = '';
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, dataStart));
    header = JSON.parse(text);
  } catch {
    fail('the header is not JSON; the file is damaged or no safetensors file');
  }
  if (!isRecord(header)) return fail(`the header is ${shown(header)}, not a JSON object`);
  const twice = duplicateKey(text, 2);
  if (twice !== undefined) fail(`the header names "${shorten(twice)}" twice`);
  return { header, dataStart };
};

const readMetadata = (value: unknown, fileName: string): Map<string, string> => {
  if (value === undefined) return new Map();
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== 'string')) {
    throw new SafetensorsError(fileName, undefined, '__metadata__ is not an object of texts', DAMAGED);
  }
  return new Map(Object.entries(value) as [string, string][]);
};

interface Located {
  name: string;
  dtype: SafetensorsEntry['dtype'];
  shape: number[];
  begin: number;
  end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Checks one header entry against itself and against the number of data bytes in the file. */
const locate = (name: string, info: unknown, dataBytes: number, fileName: string): Located => {
  const fail = (reason: string, remedy = DAMAGED): never => {
    throw new SafetensorsError(fileName, name, reason, remedy);
  };
  if (!isRecord(info)) return fail(`its header entry is ${shown(info)}, not an object`);
  const { dtype, shape, data_offsets: offsets } = info;
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype)) {
    return fail(`dtype ${shown(dtype)} is not supported`, CONVERT);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return fail(`shape ${shown(shape)} is not a list of whole numbers from 0 up`);
  }
  if (shape.length > MAX_RANK) return fail(`it has ${shape.length} dimensions, more than ${MAX_RANK}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail(`data_offsets ${shown(offsets)} is not [begin, end]`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    return fail(
      `data_offsets [${begin}, ${end}] lie outside the file's ${dataBytes} data bytes; the file is cut short or damaged`,
    );
  }
  const type = dtype as Located['dtype'];
  const size = (shape as number[]).reduce((a, b) => a * b, elementBytes[type]); // may round, but then far from any real file
  if (size !== end - begin) {
    return fail(`shape ${shown(shape)} of ${type} takes ${size} bytes, but data_offsets span ${end - begin}`);
  }
  return { name, dtype: type, shape: shape as number[], begin, end };
};

/** Tensors must follow each other without overlap or hole, to the last byte: what is not accounted for was not checked. */
const checkLayout = (located: readonly Located[], dataBytes: number, fileName: string) => {
  let at = 0;
  for (const { name, begin, end } of [...located].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at)
      throw new SafetensorsError(fileName, name, 'its bytes overlap those of another tensor', DAMAGED);
    if (begin > at) {
      throw new SafetensorsError(
        fileName,
        name,
        `${begin - at} bytes before it belong to no tensor`,
        DAMAGED,
      );
    }
    at = end;
  }
  if (at !== dataBytes) {
    throw new SafetensorsError(
      fileName,
      undefined,
      `the last ${dataBytes - at} bytes belong to no tensor`,
      DAMAGED,
    );
  }
};

const halfToFloat = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

let halves: Float32Array | undefined;
/** Every half-precision number by its bits: 256 KB once instead of arithmetic per element. */
const halfTable = (): Float32Array => {
  halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfToFloat(bits));
  return halves;
};

const decode = (bytes: Uint8Array, dtype: SafetensorsEntry['dtype']): Float32Array => {
  const copy = new Uint8Array(bytes).buffer; // aligned, and ours; slice() of Node's Buffer would share
  if (dtype === 'F32') return new Float32Array(copy);
  const words = new Uint16Array(copy);
  const result = new Float32Array(words.length);
  if (dtype === 'BF16') {
    const bits = new Uint32Array(result.buffer); // bfloat16 is the upper half of a float
    for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  } else {
    const table = halfTable();
    for (let i = 0; i < words.length; i++) result[i] = table[words[i]!]!;
  }
  return result;
};

/**
 * Reads a safetensors file. Elements are decoded when asked for, so nothing beyond the header is allocated here.
 * @param fileName for messages.
 * @throws SafetensorsError for anything that is not a well-formed file of F32, F16 and BF16 tensors.
 */
export const readSafetensors = (bytes: Uint8Array, fileName: string): SafetensorsFile => {
  const { header, dataStart } = readHeader(bytes, fileName);
  const { __metadata__, ...entries } = header;
  const metadata = readMetadata(__metadata__, fileName);
  const data = bytes.subarray(dataStart);
  const located = Object.entries(entries).map(([name, info]) => locate(name, info, data.length, fileName));
  checkLayout(located, data.length, fileName);
  const tensors = new Map<string, SafetensorsEntry>();
  for (const { name, shape, dtype, begin, end } of located) {
    tensors.set(name, {
      shape,
      dtype,
      get data() {
        return decode(data.subarray(begin, end), dtype);
      },
    });
  }
  return { tensors, metadata };
};

/**
 * Writes F32 tensors, sorted by name, so that equal weights make equal files.
 * @throws SafetensorsError when a tensor's data does not fill its shape or its name is reserved.
 */
export const writeSafetensors = (
  tensors: Iterable<readonly [string, { shape: readonly number[]; data: Float32Array }]>,
  metadata: Iterable<readonly [string, string]> = [],
  fileName = 'model.safetensors',
): Uint8Array<ArrayBuffer> => {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const notes = [...metadata];
  // Object.fromEntries, unlike assignment, makes a plain property even of "__proto__".
  const header: [string, unknown][] = notes.length > 0 ? [['__metadata__', Object.fromEntries(notes)]] : [];
  let size = 0;
  for (const [i, [name, { shape, data }]] of sorted.entries()) {
    const fail = (reason: string, remedy: string): never => {
      throw new SafetensorsError(fileName, name, reason, remedy);
    };
    const elements = shape.reduce((a, b) => a * b, 1);
    if (name === '__metadata__') fail('the name is reserved by the format', 'Give the tensor another name.');
    if (sorted[i - 1]?.[0] === name) fail('the name is given twice', 'Give each tensor its own name.');
    if (!shape.every(isCount) || elements !== data.length) {
      fail(`shape ${shown(shape)} does not fit ${data.length} elements`, 'Pass the shape of the data.');
    }
    header.push([name, { dtype: 'F32', shape, data_offsets: [size, size + data.byteLength] }]);
    size += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / 8) * 8; // padded with spaces, so that the data is aligned
  const bytes = new Uint8Array(8 + headerBytes + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
};
