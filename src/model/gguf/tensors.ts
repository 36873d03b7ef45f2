import type { PackedArrays } from '../../kernels/packed-format';
import { perWord } from '../../kernels/packed-format';
import { halfTable } from '../../util/half';
import { elementAt, firstNotFinite } from '../finite';
import type { HostTensor } from '../host-weights';
import type { ElementType } from './element-types';
import { elementTypeNames, elementTypes } from './element-types';
import type { Fail } from './error';
import { tensorPlace } from './error';
import type { Header, TensorInfo } from './header';

/** A tensor of the file whose place and type have been checked. */
export interface Located {
  name: string;
  shape: number[];
  type: ElementType;
  /** First byte in the file. */
  start: number;
  end: number;
}

const LARGEST_HALF = 65_504;
const MAX_ALIGNMENT = 1 << 20;

const alignmentOf = ({ metadata }: Header, fail: Fail): number => {
  const value = metadata.get('general.alignment') ?? 32;
  if (typeof value !== 'number' || value < 8 || value > MAX_ALIGNMENT || (value & (value - 1)) !== 0) {
    fail('metadata "general.alignment"', `${String(value)} is no power of two from 8 to ${MAX_ALIGNMENT}`);
  }
  return value as number;
};

const locateOne = (info: TensorInfo, dataStart: number, fileBytes: number, fail: Fail): Located => {
  const { name, shape, typeId, typeName, offset } = info;
  const place = tensorPlace(name);
  const type = elementTypes.get(typeId);
  if (!type) {
    return fail(
      place,
      `${typeName} is not supported; ${elementTypeNames} are`,
      'Use a file in one of those, for example a Q4_K_M, Q6_K, Q8_0 or F16 version without mixed-in other types.',
    );
  }
  const width = shape.at(-1)!;
  if (width % type.elements !== 0) {
    fail(place, `rows of ${width} elements do not divide into ${type.name}'s blocks of ${type.elements}`);
  }
  const elements = shape.reduce((a, b) => a * b, 1); // may round, but then far beyond any file
  if (elements === 0) fail(place, `its shape [${shape.join(', ')}] is empty`);
  const bytes = (elements / type.elements) * type.bytes;
  const there = Math.max(0, fileBytes - dataStart);
  if (offset + bytes > there) {
    fail(
      place,
      `shape [${shape.join(', ')}] of ${type.name} takes ${bytes} bytes from byte ${offset} of the data, which has only ${there}; the file is cut short or damaged`,
    );
  }
  return { name, shape, type, start: dataStart + offset, end: dataStart + offset + bytes };
};

/**
 * Checks every tensor against the file and against the others.
 * @throws GgufError through `fail`
 */
export const locateTensors = (header: Header, fileBytes: number, fail: Fail): Located[] => {
  const alignment = alignmentOf(header, fail);
  const dataStart = Math.ceil(header.end / alignment) * alignment;
  const located = header.tensors.map((info) => {
    if (info.offset % alignment !== 0) {
      fail(tensorPlace(info.name), `its offset ${info.offset} is no multiple of the alignment ${alignment}`);
    }
    return locateOne(info, dataStart, fileBytes, fail);
  });
  let end = 0;
  for (const tensor of [...located].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (tensor.start < end) fail(tensorPlace(tensor.name), 'its bytes overlap those of another tensor');
    end = tensor.end;
  }
  return located;
};

/** A scale that is no number, or too large, would spread through the whole model. */
const checkScales = (bytes: Uint8Array, tensor: Located, largest: number, fail: Fail) => {
  const half = halfTable();
  const { type, start, end } = tensor;
  for (let at = start; at < end; at += type.bytes) {
    for (const offset of type.scales) {
      const scale = half[bytes[at + offset]! | (bytes[at + offset + 1]! << 8)]!;
      if (Math.abs(scale) <= largest) continue;
      const block = (at - start) / type.bytes;
      fail(
        tensorPlace(tensor.name),
        `block ${block} has the scale ${scale}, but at most ${Math.floor(largest)} can be used`,
      );
    }
  }
};

/** So would an element. */
const checkElements = (bytes: Uint8Array, tensor: Located, fail: Fail) => {
  const { type, shape, start, end } = tensor;
  const bad = type.float ? firstNotFinite(bytes.subarray(start, end), type.float) : -1;
  if (bad < 0) return;
  const value = new Float32Array(1);
  type.decode(bytes, start + bad * type.bytes, 1, value, 0);
  fail(
    tensorPlace(tensor.name),
    `${elementAt(bad, shape)} is ${value[0]}, and nothing can be computed with it`,
    'Take a good copy of the file; if it is so there too, the model itself is damaged.',
  );
};

/**
 * A tensor as the model reads it. Nothing is decoded before it is asked for.
 * @param rowOf which row of the file is row i here; absent: the same. Blocks run along rows, so that rows move whole.
 */
export const hostTensor = (
  bytes: Uint8Array,
  tensor: Located,
  fail: Fail,
  rowOf?: (row: number) => number,
): HostTensor => {
  const { shape, type, start, end } = tensor;
  const blocks = (end - start) / type.bytes;
  const elements = blocks * type.elements;
  const rows = rowOf ? shape[0]! : 1; // in one go where the order stays
  const perRow = blocks / rows;
  const eachRow = (visit: (from: number, to: number) => void) => {
    for (let row = 0; row < rows; row++) {
      const source = rowOf ? rowOf(row) : row;
      visit(start + source * perRow * type.bytes, row * perRow * type.elements);
    }
  };
  const check = () => {
    checkScales(bytes, tensor, LARGEST_HALF, fail);
    checkElements(bytes, tensor, fail);
  };
  const decoded = () => {
    checkScales(bytes, tensor, LARGEST_HALF, fail);
    const out = new Float32Array(elements);
    eachRow((from, to) => type.decode(bytes, from, perRow, out, to));
    return out;
  };
  const { packing } = type;
  if (!packing || shape.length !== 2 || (packing.format === 'f16' && shape[1]! % 2 !== 0)) {
    return {
      shape,
      check,
      get data() {
        return decoded();
      },
    };
  }
  const packed = (): PackedArrays => {
    checkScales(bytes, tensor, packing.largestScale, fail);
    const words = new Int32Array(elements / perWord[packing.format]);
    const scales = new Int32Array(packing.format === 'f16' ? 0 : elements / packing.block);
    const target = { words, bytes: new Uint8Array(words.buffer), scales };
    eachRow((from, to) => packing.pack(bytes, from, perRow, target, to));
    return {
      format: packing.format,
      shape: [shape[0]!, shape[1]!],
      block: packing.block,
      values: words,
      scales: packing.format === 'f16' ? undefined : scales,
    };
  };
  return {
    shape,
    check,
    get data() {
      return decoded();
    },
    packed,
    packedFormat: packing.format,
  };
};
