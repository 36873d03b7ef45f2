import type { Tensor } from '../tf';

/** Throws unless a tensor has this shape (-1: any size) and dtype; the message names the operation and the argument. */
export const checkTensor = (
  op: string,
  name: string,
  tensor: Tensor,
  shape: readonly number[],
  dtype: 'float32' | 'int32' = 'float32',
) => {
  const fits = tensor.shape.length === shape.length && shape.every((n, i) => n < 0 || n === tensor.shape[i]);
  if (!fits || tensor.dtype !== dtype) {
    const wanted = shape.map((n) => (n < 0 ? '*' : n)).join(', ');
    throw new Error(
      `${op}: ${name} must be ${dtype} [${wanted}], but is ${tensor.dtype} [${tensor.shape.join(', ')}].`,
    );
  }
};
