/**
 * The safetensors file format (Hugging Face, github.com/huggingface/safetensors): eight bytes of header length, a JSON
 * header `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__?: { text: text } }`, then the tensors' bytes,
 * row-major and little-endian, without holes.
 *
 * Files come from strangers, so nothing in the header is believed before it is checked against the bytes that are there.
 */

import { packRows } from '../kernels/packed-format';
import { halfTable } from '../util/half';
import { elementAt, firstNotFinite } from './finite';
import type { HostTensor } from './host-weights';

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

export type SafetensorsDtype = 'F32' | 'F16' | 'BF16';

export interface SafetensorsEntry extends HostTensor {
  shape: number[];
  /** The element type in the file. */
  dtype: SafetensorsDtype;
}

export interface SafetensorsFile {
  tensors: Map<string, SafetensorsEntry>;
  /** The header's `__metadata__`; empty when there is none. */
  metadata: Map<string, string>;
}

const MAX_HEADER = 100_000_000; // the limit of the format's reference implementation
const MAX_RANK = 8;
const elementBytes = { F32: 4, F16: 2, BF16: 2 } as const;
/** Further types of the format. Tensors of these are measured, so that the rest of the file can be checked. */
const otherBytes = { BOOL: 1, U8: 1, I8: 1, I16: 2, U16: 2, I32: 4, U32: 4, I64: 8, U64: 8, F64: 8 } as const;

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
  dtype: SafetensorsDtype | undefined; // undefined: of another type, and to be left out
  shape: number[];
  begin: number;
  end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Checks one header entry against itself and against the number of data bytes in the file. */
const locate = (
  name: string,
  info: unknown,
  dataBytes: number,
  fileName: string,
  isIgnored: (name: string) => boolean,
): Located => {
  const fail = (reason: string, remedy = DAMAGED): never => {
    throw new SafetensorsError(fileName, name, reason, remedy);
  };
  if (!isRecord(info)) return fail(`its header entry is ${shown(info)}, not an object`);
  const { dtype, shape, data_offsets: offsets } = info;
  const sizes: Record<string, number> = isIgnored(name) ? { ...elementBytes, ...otherBytes } : elementBytes;
  if (typeof dtype !== 'string' || !Object.hasOwn(sizes, dtype)) {
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
  const size = (shape as number[]).reduce((a, b) => a * b, sizes[dtype]!); // may round, but then far from any real file
  if (size !== end - begin) {
    return fail(
      `shape ${shown(shape)} of ${dtype} takes ${size} bytes, but data_offsets span ${end - begin}`,
    );
  }
  const known = Object.hasOwn(elementBytes, dtype) ? (dtype as SafetensorsDtype) : undefined;
  return { name, dtype: known, shape: shape as number[], begin, end };
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

const decode = (bytes: Uint8Array, dtype: SafetensorsDtype): Float32Array => {
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

/** Names the first number that would make everything it meets a NaN. */
const checkFinite = (bytes: Uint8Array, shape: readonly number[], dtype: SafetensorsDtype, place: Place) => {
  const at = firstNotFinite(bytes, dtype);
  if (at < 0) return;
  const [value] = decode(bytes.subarray(at * elementBytes[dtype], (at + 1) * elementBytes[dtype]), dtype);
  throw new SafetensorsError(
    place.fileName,
    place.name,
    `${elementAt(at, shape)} is ${value}, and nothing can be computed with it`,
    'Take a good copy of the file; if it is so there too, the training that made it went wrong.',
  );
};

interface Place {
  fileName: string;
  name: string;
}

/** The entry of one tensor. A matrix in half precision can go to the device as it is, one in BF16 rounded to it. */
const entryOf = (
  bytes: Uint8Array,
  shape: number[],
  dtype: SafetensorsDtype,
  place: Place,
): SafetensorsEntry => {
  const entry = {
    shape,
    dtype,
    check: () => checkFinite(bytes, shape, dtype, place),
    get data() {
      return decode(bytes, dtype);
    },
  };
  const [out, width] = shape;
  if (dtype === 'F32' || shape.length !== 2 || !out || !width || width % 2 !== 0) return entry;
  return Object.defineProperty(entry, 'packed', {
    value: () =>
      dtype === 'BF16'
        ? packRows(decode(bytes, dtype), [out, width], 'f16')
        : {
            format: 'f16',
            shape: [out, width],
            block: 32,
            values: new Int32Array(new Uint8Array(bytes).buffer),
            scales: undefined,
          },
  }) as SafetensorsEntry;
};

/**
 * Reads a safetensors file. Elements are decoded when asked for, so nothing beyond the header is allocated here.
 * @param fileName for messages.
 * @param isIgnored tensors that are left out where they are of another type
 * @throws SafetensorsError for anything that is not a well-formed file of F32, F16 and BF16 tensors; later from
 *   `check` of a tensor.
 */
export const readSafetensors = (
  bytes: Uint8Array,
  fileName: string,
  isIgnored: (name: string) => boolean = () => false,
): SafetensorsFile => {
  const { header, dataStart } = readHeader(bytes, fileName);
  const { __metadata__, ...entries } = header;
  const metadata = readMetadata(__metadata__, fileName);
  const data = bytes.subarray(dataStart);
  const located = Object.entries(entries).map(([name, info]) =>
    locate(name, info, data.length, fileName, isIgnored),
  );
  checkLayout(located, data.length, fileName);
  const tensors = new Map<string, SafetensorsEntry>();
  for (const { name, shape, dtype, begin, end } of located) {
    if (dtype) tensors.set(name, entryOf(data.subarray(begin, end), shape, dtype, { fileName, name }));
  }
  return { tensors, metadata };
};
