import { floatToHalf } from '../util/half';
import { joinBytes } from '../util/join-bytes';
import { elementAt, firstNotFinite } from './finite';
import type { HostTensor } from './host-weights';
import type { SafetensorsDtype } from './safetensors';
import { SafetensorsError } from './safetensors';

const elementBytes = { F32: 4, F16: 2, BF16: 2 } as const;

type Named = readonly [string, HostTensor];

const shown = (shape: readonly number[]) => JSON.stringify(shape).slice(0, 100);

/** What a type cannot hold, told apart from what is no number in the first place. */
const refuse = (
  fileName: string,
  name: string,
  { shape, data }: Pick<HostTensor, 'shape' | 'data'>,
  at: number,
  dtype: SafetensorsDtype,
): never => {
  const value = data[at]!;
  if (!Number.isFinite(value)) {
    throw new SafetensorsError(
      fileName,
      name,
      `${elementAt(at, shape)} is ${value}; weights with it are of no use`,
      'Go back to a checkpoint from before it, or train again with a lower learning rate.',
    );
  }
  throw new SafetensorsError(
    fileName,
    name,
    `${elementAt(at, shape)} is ${value}, more than ${dtype} can hold (${largest[dtype]})`,
    dtype === 'F16' ? 'Export as BF16 or F32.' : 'Export as F32.',
  );
};

const largest = { F32: '3.4e38', F16: '65,504', BF16: '3.39e38' } as const;

const encode = (data: Float32Array, dtype: SafetensorsDtype): Uint8Array<ArrayBuffer> => {
  if (dtype === 'F32') {
    const { buffer, byteOffset, byteLength } = data;
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  }
  const words = new Uint16Array(data.length);
  if (dtype === 'F16') {
    for (let i = 0; i < words.length; i++) words[i] = floatToHalf(data[i]!);
  } else {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < words.length; i++) {
      const b = bits[i]!;
      // The upper half, rounded to nearest and ties to even; NaN keeps a bit of its fraction.
      words[i] = Number.isNaN(data[i]!) ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
    }
  }
  return new Uint8Array(words.buffer);
};

/**
 * A safetensors file in parts: the header, then each tensor, sorted by name, so that equal weights make equal files. A
 * tensor is read and encoded when its part is taken, so that a large model need not be in memory twice.
 * @param dtype of all elements. F16 ends at 65,504; BF16 keeps the range and 8 bits.
 * @throws SafetensorsError when a tensor's data does not fill its shape, its name is reserved or given twice, or an element is
 *   not finite or beyond what `dtype` can hold.
 */
export function* safetensorsParts(
  tensors: Iterable<Named>,
  metadata: Iterable<readonly [string, string]> = [],
  fileName = 'model.safetensors',
  dtype: SafetensorsDtype = 'F32',
): Generator<Uint8Array<ArrayBuffer>> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const notes = [...metadata];
  // Object.fromEntries, unlike assignment, makes a plain property even of "__proto__".
  const header: [string, unknown][] = notes.length > 0 ? [['__metadata__', Object.fromEntries(notes)]] : [];
  const fail = (name: string, reason: string, remedy: string): never => {
    throw new SafetensorsError(fileName, name, reason, remedy);
  };
  const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  let size = 0;
  for (const [i, [name, { shape }]] of sorted.entries()) {
    if (name === '__metadata__')
      fail(name, 'the name is reserved by the format', 'Give the tensor another name.');
    if (sorted[i - 1]?.[0] === name) fail(name, 'the name is given twice', 'Give each tensor its own name.');
    if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      fail(name, `shape ${shown(shape)} is no shape`, 'Pass the shape of the data.');
    }
    const bytes = sizeOf(shape) * elementBytes[dtype];
    header.push([name, { dtype, shape, data_offsets: [size, size + bytes] }]);
    size += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / 8) * 8; // padded with spaces, so that the data is aligned
  const head = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(json, 8);
  yield head;
  for (const [name, tensor] of sorted) {
    const { data } = tensor;
    if (data.length !== sizeOf(tensor.shape)) {
      fail(
        name,
        `shape ${shown(tensor.shape)} does not fit ${data.length} elements`,
        'Pass the shape of the data.',
      );
    }
    const bytes = encode(data, dtype);
    const bad = firstNotFinite(bytes, dtype);
    if (bad >= 0) refuse(fileName, name, { shape: tensor.shape, data }, bad, dtype);
    yield bytes;
  }
}

/** The parts of `safetensorsParts` in one array. */
export const writeSafetensors = (...args: Parameters<typeof safetensorsParts>): Uint8Array<ArrayBuffer> => {
  return joinBytes([...safetensorsParts(...args)]);
};
