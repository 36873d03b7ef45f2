import type { Tensor, Tensor2D, TensorInfo } from '../tf';
import { tf } from '../tf';
import type { PackedArrays, PackedFormat } from './packed-format';

/** A packed matrix as kernels see it; see PackedArrays for the layout. */
export interface PackedInfo {
  format: PackedFormat;
  shape: [number, number];
  block: 16 | 32;
  values: TensorInfo;
  scales: TensorInfo | undefined;
}

/** A packed matrix [out, in] on the device. Frozen: nothing is differentiated in it. */
export interface PackedMatrix extends PackedInfo {
  values: Tensor2D; // int32 [out, in / perWord]
  scales: Tensor2D | undefined; // int32 [out, in / block]
}

/** A weight [out, in] of a linear layer, a table or a head. */
export type Weight = Tensor | PackedMatrix;

export const isPacked = (weight: TensorInfo | PackedInfo): weight is PackedInfo => 'format' in weight;

/** Puts a packed matrix on the device; its tensors are kept until `disposePacked`. */
export const uploadPacked = ({ format, shape, block, values, scales }: PackedArrays): PackedMatrix => {
  const rows = shape[0];
  return {
    format,
    shape,
    block,
    values: tf.keep(tf.tensor2d(values, [rows, values.length / rows], 'int32')),
    scales: scales && tf.keep(tf.tensor2d(scales, [rows, scales.length / rows], 'int32')),
  };
};

export const disposePacked = ({ values, scales }: PackedMatrix) => {
  values.dispose();
  scales?.dispose();
};
