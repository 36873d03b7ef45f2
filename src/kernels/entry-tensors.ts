import type { Tensor1D } from '../tf';
import { tf } from '../tf';
import type { Entries } from '../tree/packed-batch';

/** The entry list of a packed batch on the device. All int32 but `weight`. */
export interface EntryTensors {
  row: Tensor1D; // [M]
  target: Tensor1D; // [M]
  weight: Tensor1D; // [M]
  rows: Tensor1D; // [R]
  rowStart: Tensor1D; // [R + 1]
  rowEntries: Tensor1D; // [M]
  step: Tensor1D; // [M]
  stepStart: Tensor1D; // [S + 1]
}

/** Uploads the entry list; the caller disposes it (or runs inside tf.tidy). `weight` overrides the batch's own. */
export const uploadEntries = (entries: Entries, weight: Float32Array = entries.weight): EntryTensors => ({
  row: tf.tensor1d(entries.row, 'int32'),
  target: tf.tensor1d(entries.target, 'int32'),
  weight: tf.tensor1d(weight, 'float32'),
  rows: tf.tensor1d(entries.rows, 'int32'),
  rowStart: tf.tensor1d(entries.rowStart, 'int32'),
  rowEntries: tf.tensor1d(entries.rowEntries, 'int32'),
  step: tf.tensor1d(entries.step, 'int32'),
  stepStart: tf.tensor1d(entries.stepStart, 'int32'),
});
