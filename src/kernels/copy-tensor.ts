import type { Tensor } from '../tf';
import { gpu, hostView, makeHostInfo, onHost, onOwnGpu, tf, toTensor } from '../tf';
import { copyBuffers } from './dispatch';

/**
 * A tensor of the same values with memory of its own. tf.clone and tf.reshape share memory with their source, and a
 * kernel that writes in place would change both.
 */
export const copyTensor = <T extends Tensor>(source: T): T => {
  if (source.dtype !== 'float32' && source.dtype !== 'int32') {
    throw new Error(`copyTensor: the tensor is ${source.dtype}; only float32 and int32 can be copied.`);
  }
  if (onOwnGpu() && source.size > 0) {
    const copy = gpu().makeTensorInfo(source.shape, source.dtype);
    copyBuffers([{ from: source, to: copy, length: source.size }]);
    return toTensor(copy) as T;
  }
  if (onHost()) {
    const copy = makeHostInfo(source.shape, source.dtype);
    hostView(copy).set(hostView(source));
    return toTensor(copy) as T;
  }
  return (source.dtype === 'float32' ? tf.add(source, 0) : tf.cast(tf.add(source, 0), 'int32')) as T;
};
