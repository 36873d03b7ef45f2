/**
 * Just enough of Thrift's compact protocol to check a Parquet file's headers before a decoder trusts them: every length
 * is held against the bytes that are there.
 */
export class ThriftProblem extends Error {}

export type ThriftValue = number | boolean | ThriftStruct | ThriftValue[] | undefined;
/** Fields by their number; of texts only that they are there. */
export type ThriftStruct = Map<number, ThriftValue>;

interface Cursor {
  view: DataView;
  at: number;
}

const MAX_DEPTH = 24;

const byte = (cursor: Cursor): number => {
  if (cursor.at >= cursor.view.byteLength) throw new ThriftProblem('a header runs past the end of its data');
  return cursor.view.getUint8(cursor.at++);
};

/** Up to ten bytes; exact up to 2^53, which is more than any length that can be right. */
export const readVarint = (cursor: Cursor): number => {
  let value = 0;
  for (let shift = 1, i = 0; i < 10; i++, shift *= 128) {
    const b = byte(cursor);
    value += (b & 0x7f) * shift;
    if (b < 0x80) return value;
  }
  throw new ThriftProblem('a number in a header is longer than ten bytes');
};

const zigzag = (n: number): number => (n % 2 === 0 ? n / 2 : -(n + 1) / 2);

const readValue = (cursor: Cursor, type: number, depth: number, inList: boolean): ThriftValue => {
  switch (type) {
    case 1:
    case 2:
      return inList ? byte(cursor) === 1 : type === 1;
    case 3:
      return byte(cursor);
    case 4:
    case 5:
    case 6:
      return zigzag(readVarint(cursor));
    case 7:
      for (let i = 0; i < 8; i++) byte(cursor);
      return undefined;
    case 8: {
      const length = readVarint(cursor);
      if (length > cursor.view.byteLength - cursor.at) {
        throw new ThriftProblem(`a text of ${length} bytes runs past the end of its header`);
      }
      cursor.at += length;
      return undefined;
    }
    case 9: {
      const head = byte(cursor);
      const size = head >> 4 === 15 ? readVarint(cursor) : head >> 4;
      if (size > cursor.view.byteLength - cursor.at) {
        throw new ThriftProblem(`a list of ${size} entries runs past the end of its header`);
      }
      return Array.from({ length: size }, () => readValue(cursor, head & 15, depth, true));
    }
    case 12:
      return readStruct(cursor, depth + 1);
    default:
      throw new ThriftProblem(`a header has a field of the unknown type ${type}`);
  }
};

const readStruct = (cursor: Cursor, depth: number): ThriftStruct => {
  if (depth > MAX_DEPTH) throw new ThriftProblem('a header nests too deep');
  const fields: ThriftStruct = new Map();
  let id = 0;
  for (;;) {
    const head = byte(cursor);
    if ((head & 15) === 0) return fields;
    id = head >> 4 === 0 ? zigzag(readVarint(cursor)) : id + (head >> 4);
    fields.set(id, readValue(cursor, head & 15, depth, false));
  }
};

/** Reads one struct and moves `at` past it. @throws ThriftProblem */
export const readThrift = (cursor: Cursor): ThriftStruct => readStruct(cursor, 0);

export const fieldNumber = (struct: ThriftStruct | undefined, id: number): number | undefined => {
  const value = struct?.get(id);
  return typeof value === 'number' ? value : undefined;
};

export const fieldStruct = (struct: ThriftStruct, id: number): ThriftStruct | undefined => {
  const value = struct.get(id);
  return value instanceof Map ? value : undefined;
};
