import code from '../../shaders/wide-arithmetic.wgsl?raw';
import type { TensorInfo } from '../tf';
import { gpu, maxBinding, onOwnGpu, tf } from '../tf';
import { dispatch, grid } from './dispatch';
import { fitsBinding } from './window';

/**
 * Sums of gradients, and gradients times a number, of tensors that are too large for one binding: a table that is also the head
 * has two gradients, which the tape adds by tfjs's own kernel, and that binds whole tensors. Takes the place of tfjs's Add
 * and Multiply, and leaves everything else to them. The bits are the same.
 */

const sizeOf = (info: TensorInfo) => info.shape.reduce((x, y) => x * y, 1);

const inStretches = (entryPoint: 'add' | 'scale', a: TensorInfo, b: TensorInfo): TensorInfo => {
  const y = gpu().makeTensorInfo(a.shape, 'float32');
  const [size, most] = [sizeOf(a), Math.floor(maxBinding() / 4 / 64) * 64];
  for (let from = 0; from < size; from += most) {
    const length = Math.min(most, size - from);
    const stretch = (of: TensorInfo) => ({ of, from, length });
    const workgroups = grid(Math.ceil(length / 64));
    dispatch({
      label: `wide ${entryPoint}`,
      code,
      entryPoint,
      inputs: [stretch(a), entryPoint === 'add' ? stretch(b) : b],
      outputs: [stretch(y)],
      uniforms: [length, workgroups[0]],
      workgroups,
    });
  }
  return y;
};

type Wide = (a: TensorInfo, b: TensorInfo) => TensorInfo | undefined;

const float = (a: TensorInfo, b: TensorInfo) => a.dtype === 'float32' && b.dtype === 'float32';

const wideAdd: Wide = (a, b) =>
  float(a, b) && !fitsBinding(a) && a.shape.join() === b.shape.join() ? inStretches('add', a, b) : undefined;

const wideMultiply: Wide = (a, b) => {
  if (!float(a, b)) return undefined;
  if (!fitsBinding(a) && sizeOf(b) === 1) return inStretches('scale', a, b);
  if (!fitsBinding(b) && sizeOf(a) === 1) return inStretches('scale', b, a);
  return undefined;
};

const replace = (kernelName: 'Add' | 'Multiply', wide: Wide) => {
  const stock = tf.getKernel(kernelName, 'webgpu').kernelFunc;
  tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: (call) => {
      const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
      return (onOwnGpu() ? wide(a, b) : undefined) ?? stock(call);
    },
  });
};
replace('Add', wideAdd);
replace('Multiply', wideMultiply);
