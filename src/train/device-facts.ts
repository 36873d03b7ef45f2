import { linear } from '../kernels/linear';
import type { BackendInfo, Tensor2D } from '../tf';
import { gpu, readFloats, tf } from '../tf';
import type { DeviceFacts } from './run-facts';

const GIB = 2 ** 30;

/** Rows, in and out of the product that is timed: a layer's, and large enough for a real GPU to show its speed. */
const shapeFor = (software: boolean): [number, number, number] =>
  software ? [256, 576, 576] : [1024, 2048, 2048];

const measured = new Map<string, Promise<number>>();

/** Multiplications and additions per second of a linear layer on the backend in use; measured once, the best of three. */
const flopsOf = (info: BackendInfo): Promise<number> => {
  const key = `${info.name} ${info.adapter}`;
  const known = measured.get(key);
  if (known) return known;
  const begun = measure(info);
  measured.set(key, begun);
  begun.catch(() => measured.delete(key));
  return begun;
};

const measure = async (info: BackendInfo): Promise<number> => {
  const [rows, width, out] = shapeFor(info.software);
  const [x, w] = [tf.ones([rows, width]) as Tensor2D, tf.ones([out, width]) as Tensor2D];
  const once = async () => {
    const start = performance.now();
    const y = linear(x, w);
    const probe = tf.slice(y, [0, 0], [1, 1]);
    await readFloats(probe);
    tf.dispose([y, probe]);
    return (performance.now() - start) / 1000;
  };
  await once(); // compiles
  const seconds = Math.min(await once(), await once(), await once());
  tf.dispose([x, w]);
  return (2 * rows * width * out) / Math.max(seconds, 1e-6);
};

/**
 * What the device offers, but for its speed. WebGPU tells the largest buffer but not how much memory there is: twice the
 * largest buffer, and 2 GiB at least, is taken as a rule of thumb. tfjs's WebAssembly memory ends at 2 GiB.
 */
export const memoryFacts = (info: BackendInfo): DeviceFacts => {
  if (info.name !== 'webgpu') {
    return { backend: info.name, largestBuffer: undefined, memory: 1.9 * GIB, flops: undefined };
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu().device.limits;
  const largestBuffer = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const memory = Math.max(2 * GIB, 2 * largestBuffer);
  return { backend: 'webgpu', largestBuffer, largestTable: maxBufferSize, memory, flops: undefined };
};

/** The same with its speed, which is measured once. */
export const deviceFacts = async (info: BackendInfo): Promise<DeviceFacts> => ({
  ...memoryFacts(info),
  flops: await flopsOf(info),
});
