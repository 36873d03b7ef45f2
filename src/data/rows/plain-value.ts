import { shownValue } from '../shown-text';
import { limits } from './limits';
import type { Row } from './row-source';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are UTF-8 as text; any others, such as an image's, as they are. */
export const textOrBytes = (bytes: Uint8Array): string | Uint8Array => {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes;
  }
};

/** What a Parquet decoder gives, as plain JSON: whole numbers as numbers, bytes as text where they are, dates as ISO text. */
const plainValue = (value: unknown, depth: number): unknown => {
  if (depth > limits.depth) throw new RangeError('depth');
  if (value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return textOrBytes(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return plainValue(Array.from(value as unknown as ArrayLike<unknown>), depth);
  if (Array.isArray(value)) return value.map((item) => plainValue(item, depth + 1));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, plainValue(v, depth + 1)]));
  }
  return value;
};

export const plainRow = (where: string, row: Record<string, unknown>): Row => {
  try {
    return { where, value: plainValue(row, 0) as Record<string, unknown> };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { where, problem: `nests more than ${limits.depth} deep`, excerpt: shownValue(row) };
  }
};
