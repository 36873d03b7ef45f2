import type { TensorInfo } from '../tf';
import { maxBinding } from '../tf';
import type { PackedInfo } from './packed-matrix';
import { isPacked } from './packed-matrix';

/** A stretch of a tensor that a dispatch binds instead of the whole, in 4-byte elements. It begins where a binding may. */
export interface Window {
  of: TensorInfo;
  from: number;
  length: number;
}

export type Binding = TensorInfo | Window;

export const isWindow = (binding: object): binding is Window => 'of' in binding;

/** Elements at whose multiples a binding may begin (256 bytes on every device). */
const ALIGNED = 64;

const sizeOf = (info: TensorInfo) => info.shape.reduce((a, b) => a * b, 1);

export const fitsBinding = (info: TensorInfo): boolean => 4 * sizeOf(info) <= maxBinding();

/** A matrix's buffers, values and scales, whole or from a row on, with the row that they begin at. */
export interface RowWindow {
  buffers: [Binding, Binding];
  begin: number;
}

const buffersOf = (matrix: TensorInfo | PackedInfo): [TensorInfo, TensorInfo] =>
  isPacked(matrix) ? [matrix.values, matrix.scales ?? matrix.values] : [matrix, matrix];

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Rows at whose multiples windows of all of a matrix's buffers may begin. */
const rowStep = (matrix: TensorInfo | PackedInfo): number =>
  buffersOf(matrix).reduce((step, { shape }) => {
    const own = ALIGNED / gcd(ALIGNED, shape[1]!);
    return (step * own) / gcd(step, own);
  }, 1);

/** True when the device binds all of the matrix at once. */
export const fitsWhole = (matrix: TensorInfo | PackedInfo): boolean => buffersOf(matrix).every(fitsBinding);

/** Rows of the matrix that any window can hold, wherever they begin; all where the device binds it whole. */
export const mostRows = (matrix: TensorInfo | PackedInfo): number => {
  if (fitsWhole(matrix)) return matrix.shape[0]!;
  const widest = Math.max(...buffersOf(matrix).map(({ shape }) => shape[1]!));
  return Math.floor(maxBinding() / 4 / widest) - rowStep(matrix);
};

/**
 * What to bind of a matrix [rows, width] for rows first to first + count: the whole, where the device binds it.
 * @throws Error when so many rows are more than the device binds at once.
 */
export const rowWindow = (matrix: TensorInfo | PackedInfo, first: number, count: number): RowWindow => {
  const buffers = buffersOf(matrix);
  if (fitsWhole(matrix)) return { buffers, begin: 0 };
  const step = rowStep(matrix);
  const begin = Math.floor(first / step) * step;
  const windows = buffers.map(
    (of): Window => ({ of, from: begin * of.shape[1]!, length: (first + count - begin) * of.shape[1]! }),
  );
  const bytes = 4 * Math.max(...windows.map(({ length }) => length));
  if (bytes > maxBinding()) {
    throw new Error(
      `A matrix [${matrix.shape.join(', ')}] would have to be bound in one piece of ${Math.round(bytes / 1e6)} MB, and this device binds ${Math.round(maxBinding() / 1e6)} MB at most. Choose a smaller model, or packed weights.`,
    );
  }
  return { buffers: windows as [Binding, Binding], begin };
};

/**
 * Rows first to first + count in parts that each can be bound, of a multiple of `tile` rows but for the last; one part where
 * the device binds the whole matrix.
 */
export const rowParts = (
  matrix: TensorInfo | PackedInfo,
  { first = 0, count = matrix.shape[0]!, tile = 1 } = {},
): { first: number; count: number }[] => {
  const most = fitsWhole(matrix) ? count : Math.max(1, Math.floor(mostRows(matrix) / tile)) * tile;
  const parts: { first: number; count: number }[] = [];
  for (let at = 0; at < count; at += most) {
    parts.push({ first: first + at, count: Math.min(most, count - at) });
  }
  return parts;
};
