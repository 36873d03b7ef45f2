import type { Tensor, Tensor2D, TensorInfo } from '../tf';
import { uploadKept } from '../tf';
import type { PackedArrays, PackedFormat } from './packed-format';
import { checkPackable, perWord } from './packed-format';

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

/**
 * Puts a packed matrix on the device, at once, so that the host's copy is free to go. Its tensors are kept whatever tidy
 * scope is open; `disposePacked` frees them.
 * @throws Error when the words do not fill the shape.
 */
export const uploadPacked = ({ format, shape, block, values, scales }: PackedArrays): PackedMatrix => {
  checkPackable('uploadPacked', shape, format, block);
  const [rows, width] = shape;
  const [words, scaleWords] = [width / perWord[format], format === 'f16' ? 0 : width / block];
  if (values.length !== rows * words || (scales?.length ?? 0) !== rows * scaleWords) {
    throw new Error(
      `uploadPacked: ${values.length} words and ${scales?.length ?? 0} scales do not fill ${format} [${rows}, ${width}] with blocks of ${block}.`,
    );
  }
  const upload = (data: Int32Array, columns: number) =>
    uploadKept(data, [rows, columns], 'int32') as Tensor2D;
  return {
    format,
    shape: [rows, width],
    block,
    values: upload(values, words),
    scales: scales && upload(scales, scaleWords),
  };
};

export const disposePacked = ({ values, scales }: PackedMatrix) => {
  values.dispose();
  scales?.dispose();
};
