import type { Tensor, TensorInfo } from '../tf';
import { gpu, onOwnGpu, readFloats, toTensor } from '../tf';
import { copyBuffers } from './dispatch';

/**
 * Reads several float tensors with one wait: on our GPU device they are first copied into one buffer, since each read by itself
 * is a way to the device and back. The tensors stay the caller's.
 * @returns the values of each, in order
 */
export const readTogether = async (tensors: readonly Tensor[]): Promise<Float32Array[]> => {
  if (!onOwnGpu() || tensors.length < 2) return Promise.all(tensors.map(readFloats));
  const size = tensors.reduce((sum, tensor) => sum + tensor.size, 0);
  const joined: TensorInfo = gpu().makeTensorInfo([size], 'float32');
  let end = 0;
  const parts = tensors.map((from) => {
    const toOffset = end;
    end += from.size;
    return { from, to: joined, toOffset, length: from.size };
  });
  copyBuffers(parts);
  const whole = toTensor(joined);
  try {
    const values = await readFloats(whole);
    return parts.map(({ toOffset, length }) => values.slice(toOffset, toOffset + length));
  } finally {
    whole.dispose();
  }
};
