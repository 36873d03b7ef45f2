import { kernelChoice } from '../kernels/kernel-choice';
import type { BackendInfo } from '../tf';
import { gpu, readFloats, tf } from '../tf';
import type { DeviceFacts } from './estimate';

const GIB = 2 ** 30;

/** Side of the square product that is timed where nothing was timed before. */
const SIDE = 256;

/** Sides of the products that `tuneKernels` times. */
const tunedSide = (software: boolean) => (software ? 192 : 1024);

const measured = new Map<string, number>();

/** Multiplications and additions per second of a matrix product on the backend in use; measured once. */
const flopsOf = async (info: BackendInfo): Promise<number | undefined> => {
  if (info.name === 'webgpu') {
    const { matmul, measured: times } = kernelChoice();
    const ms = times?.[matmul];
    return ms ? (2 * tunedSide(matmul === 'subgroup') ** 3) / (ms / 1000) : undefined;
  }
  const key = `${info.name} ${info.adapter}`;
  const known = measured.get(key);
  if (known) return known;
  const [a, b] = [tf.ones([SIDE, SIDE]), tf.ones([SIDE, SIDE])];
  const once = async () => {
    const start = performance.now();
    const c = tf.tidy(() => tf.sum(tf.matMul(a, b)));
    await readFloats(c);
    c.dispose();
    return (performance.now() - start) / 1000;
  };
  await once();
  const seconds = Math.min(await once(), await once());
  tf.dispose([a, b]);
  const flops = (2 * SIDE ** 3) / Math.max(seconds, 1e-6);
  measured.set(key, flops);
  return flops;
};

/**
 * What the device offers. WebGPU tells the largest buffer but not how much memory there is: twice the largest buffer, and
 * 2 GiB at least, is taken as a rule of thumb. tfjs's WebAssembly memory ends at 2 GiB.
 */
export const deviceFacts = async (info: BackendInfo): Promise<DeviceFacts> => {
  const flops = await flopsOf(info);
  if (info.name !== 'webgpu') {
    return { backend: info.name, largestBuffer: undefined, memory: 1.9 * GIB, flops };
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu().device.limits;
  const largestBuffer = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  return { backend: 'webgpu', largestBuffer, memory: Math.max(2 * GIB, 2 * largestBuffer), flops };
};
