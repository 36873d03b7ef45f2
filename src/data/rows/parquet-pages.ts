import { inBytes, limits } from './limits';
import { fieldNumber, fieldStruct, readThrift, readVarint, ThriftProblem } from './thrift';

/** A column of a row group, as its footer describes it. */
export interface ColumnChunk {
  /** The bytes from its first page to its last. */
  bytes: Uint8Array;
  codec: string;
  isBoolean: boolean;
  maxRepetition: number;
  maxDefinition: number;
}

export type Unpack = (codec: string, input: Uint8Array, length: number) => Uint8Array;

const widthOf = (max: number) => 32 - Math.clz32(max);

/** Encodings by Parquet's numbers. The last two could describe far more text than the file holds, or are not read. */
const PLAIN_DICTIONARY = 2;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const DELTA_LENGTH = 6;
const DELTA_BYTE_ARRAY = 7;
const RLE_DICTIONARY = 8;

const fail = (reason: string): never => {
  throw new ThriftProblem(reason);
};

/** Runs of levels or dictionary indices: none may claim more values than the page has. */
const checkRuns = (view: DataView, from: number, to: number, width: number, count: number): void => {
  const cursor = { view, at: from };
  let seen = 0;
  while (seen < count) {
    if (cursor.at >= to) fail(`a page ends after ${seen} of ${count} values`);
    const head = readVarint(cursor);
    const run = Math.floor(head / 2);
    if (head % 2 === 1) {
      // The last run is padded to whole groups of eight, by some writers to more.
      if (run * 8 > count - seen + 512) fail(`a run of ${run * 8} values stands in a page of ${count}`);
      cursor.at += run * width;
      seen += run * 8;
    } else {
      if (run > count - seen) fail(`a run of ${run} values stands in a page of ${count}`);
      cursor.at += Math.ceil(width / 8);
      seen += run;
    }
    if (cursor.at > to) fail('a run of values goes past the end of its page');
  }
};

const checkDelta = (view: DataView, from: number): void => {
  const cursor = { view, at: from };
  const block = readVarint(cursor);
  const mini = readVarint(cursor);
  if (block < 8 || block > 1 << 20 || mini < 1 || mini > block / 8) {
    fail(`a delta-encoded page has blocks of ${block} values in ${mini} parts`);
  }
};

const checkValues = (view: DataView, from: number, encoding: number, count: number, isBoolean: boolean) => {
  if (encoding === DELTA_BYTE_ARRAY) {
    fail(
      'a column is encoded as DELTA_BYTE_ARRAY, which is not read; write it with PLAIN or dictionary encoding',
    );
  }
  if (count <= 0) return;
  if (encoding === DELTA_BINARY_PACKED || encoding === DELTA_LENGTH) checkDelta(view, from);
  if (![PLAIN_DICTIONARY, RLE, RLE_DICTIONARY].includes(encoding)) return;
  if (isBoolean) {
    const length = view.getUint32(from, true);
    return checkRuns(view, from + 4, Math.min(view.byteLength, from + 4 + length), 1, count);
  }
  const width = view.getUint8(from);
  if (width > 32) fail(`a page has indices of ${width} bits`);
  if (width > 0) checkRuns(view, from + 1, view.byteLength, width, count);
};

const countOf = (view: DataView, from: number, to: number, width: number, max: number, count: number) => {
  checkRuns(view, from, to, width, count);
  // How many values are not null: levels at their maximum.
  const cursor = { view, at: from };
  let seen = 0;
  let full = 0;
  while (seen < count) {
    const head = readVarint(cursor);
    const run = Math.floor(head / 2);
    if (head % 2 === 0) {
      let level = 0;
      for (let i = 0; i < Math.ceil(width / 8); i++) level += view.getUint8(cursor.at++) << (8 * i);
      if (level === max) full += run;
      seen += run;
      continue;
    }
    for (let i = 0; i < run * 8 && seen < count; i++, seen++) {
      let level = 0;
      for (let b = 0; b < width; b++) {
        const bit = i * width + b;
        level |= ((view.getUint8(cursor.at + (bit >> 3)) >> (bit & 7)) & 1) << b;
      }
      if (level === max) full++;
    }
    cursor.at += run * width;
  }
  return full;
};

const checkPageV1 = (page: Uint8Array, chunk: ColumnChunk, count: number, encoding: number): void => {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = 0;
  let present = count;
  for (const [max, isDefinition] of [
    [chunk.maxRepetition, false],
    [chunk.maxDefinition, true],
  ] as const) {
    if (max === 0) continue;
    const end = at + 4 + view.getUint32(at, true);
    if (end > page.length) fail('the levels of a page go past its end');
    if (isDefinition) present = countOf(view, at + 4, end, widthOf(max), max, count);
    else checkRuns(view, at + 4, end, widthOf(max), count);
    at = end;
  }
  checkValues(view, at, encoding, present, chunk.isBoolean);
};

/**
 * Walks the pages of a column and holds every size in their headers against the bytes that are there, so that the
 * decoder, which trusts them, allocates and loops no more than the file justifies.
 * @param unpackedSoFar bytes that the other columns of the row group unpack to
 * @returns values of all pages, nulls included, and the bytes they unpack to
 * @throws ThriftProblem, or whatever unpacking throws
 */
export const checkPages = (
  chunk: ColumnChunk,
  unpack: Unpack,
  unpackedSoFar: number,
): { values: number; unpacked: number } => {
  const { bytes, codec } = chunk;
  const cursor = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  let values = 0;
  let unpacked = 0;
  // As the decoder has it: a single byte at the end is no page.
  while (cursor.at < bytes.length - 1) {
    const header = readThrift(cursor);
    const type = fieldNumber(header, 1);
    const size = fieldNumber(header, 2) ?? -1;
    const packed = fieldNumber(header, 3) ?? -1;
    if (packed < 0 || packed > bytes.length - cursor.at) {
      fail(`a page of ${packed} bytes stands where ${bytes.length - cursor.at} are left`);
    }
    if (size < 0 || size > limits.page || size > 1024 * 1024 + packed * limits.ratio) {
      fail(`a page of ${packed} bytes is said to unpack to ${size}; the limit is ${inBytes(limits.page)}`);
    }
    unpacked += size;
    if (unpackedSoFar + unpacked > limits.rowGroup) {
      fail(`a row group unpacks to more than ${inBytes(limits.rowGroup)}; write smaller row groups`);
    }
    const body = bytes.subarray(cursor.at, cursor.at + packed);
    cursor.at += packed;
    const own =
      type === 0 ? fieldStruct(header, 5) : type === 2 ? fieldStruct(header, 7) : fieldStruct(header, 8);
    const count = fieldNumber(own, 1) ?? -1;
    // A run can say a million times the same in a few bytes, but not without end.
    if (!own || count < 0 || count > 1_000_000 + packed * limits.ratio) {
      fail(`a page of ${packed} bytes is said to hold ${count} values`);
    }
    if (type === 2) {
      // Values of a dictionary are plain: at least a bit each.
      if (count > size * 8) fail(`a dictionary of ${size} bytes is said to hold ${count} values`);
    } else if (type === 0) {
      values += count;
      checkPageV1(unpack(codec, body, size), chunk, count, fieldNumber(own, 2) ?? -1);
    } else if (type === 3) {
      values += count;
      const definition = fieldNumber(own, 5) ?? -1;
      const repetition = fieldNumber(own, 6) ?? -1;
      const nulls = fieldNumber(own, 2) ?? -1;
      if (definition < 0 || repetition < 0 || definition + repetition > Math.min(packed, size)) {
        fail('the levels of a page are longer than the page');
      }
      if (nulls < 0 || nulls > count) fail(`a page of ${count} values is said to have ${nulls} nulls`);
      const levels = new DataView(body.buffer, body.byteOffset, body.byteLength);
      if (chunk.maxRepetition > 0) checkRuns(levels, 0, repetition, widthOf(chunk.maxRepetition), count);
      if (chunk.maxDefinition > 0) {
        checkRuns(levels, repetition, repetition + definition, widthOf(chunk.maxDefinition), count);
      }
      const start = repetition + definition;
      const isPacked = own?.get(7) !== false;
      const data = isPacked ? unpack(codec, body.subarray(start), size - start) : body.subarray(start);
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      checkValues(view, 0, fieldNumber(own, 4) ?? -1, count - nulls, chunk.isBoolean);
    } else fail(`a page has the unknown type ${type}`);
    if (values > 1_000_000 + bytes.length * limits.ratio) {
      fail(`a column of ${bytes.length} bytes is said to hold ${values} values`);
    }
  }
  return { values, unpacked };
};
