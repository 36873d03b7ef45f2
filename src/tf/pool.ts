import { cached } from '../util/cached';
import type { Internals } from './internals';

const numbers = new WeakMap<GPUBuffer, number>();
let numbered = 0;
/** A number that no other buffer has or will have; older buffers have smaller ones. */
export const bufferNumber = (buffer: GPUBuffer): number => cached(numbers, buffer, () => ++numbered);

/**
 * Puts the oldest of the pool's free buffers of a size where tfjs takes the next from. tfjs takes the one that was freed last, so that
 * a repeated step finds its tensors in other buffers each time; now it finds them where they were, and its bind groups again.
 */
const oldestLast = (free: GPUBuffer[]) => {
  let oldest = 0;
  for (let i = 1; i < free.length; i++) if (bufferNumber(free[i]!) < bufferNumber(free[oldest]!)) oldest = i;
  const last = free.length - 1;
  if (oldest < last) [free[oldest], free[last]] = [free[last]!, free[oldest]!];
};

/**
 * Makes the pool give out the buffer that has been free for longest.
 * @param taken called after each buffer that is taken
 */
export const takeOldestFirst = ({ bufferManager }: Internals, taken: () => void) => {
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, usage, ...rest) => {
    oldestLast(bufferManager.freeBuffers.get(`${size}_${usage}`) ?? []);
    const buffer = acquire(size, usage, ...rest);
    bufferNumber(buffer);
    taken();
    return buffer;
  };
};

/** Bytes up to which values go to the device through its queue. */
const SMALL = 1 << 20;

/**
 * Lets tensors made of a few values take a free buffer and be written by the queue. tfjs makes and maps a buffer for each, which costs
 * the host more than several dispatches, and ends the pass that is open. A free buffer is in no command that waits to be
 * submitted, so that the write may come before those.
 */
export const writeSmallUploads = (own: Internals) => {
  const upload = own.uploadToGPU.bind(own);
  own.uploadToGPU = (dataId) => {
    const data = own.tensorMap.get(dataId);
    const { values, dtype } = data;
    const whole = dtype === 'int32' || dtype === 'bool';
    if (data.resource || !ArrayBuffer.isView(values) || !(whole || dtype === 'float32'))
      return upload(dataId);
    const numbers = values as unknown as ArrayLike<number>;
    if (numbers.length === 0 || 4 * numbers.length > SMALL) return upload(dataId);
    const fits = whole ? values instanceof Int32Array : values instanceof Float32Array;
    const written = fits ? values : whole ? Int32Array.from(numbers) : Float32Array.from(numbers);
    data.resource = own.bufferManager.acquireBuffer(4 * numbers.length, 0x80 | 0x4 | 0x8); // STORAGE, COPY_SRC, COPY_DST
    own.queue.writeBuffer(data.resource, 0, written as Float32Array<ArrayBuffer>);
    data.values = null;
  };
};

/** Destroys the pool's free buffers. Nothing that waits to be submitted may use one. */
export const destroyFree = ({ bufferManager: pool }: Internals) => {
  for (const buffers of pool.freeBuffers.values()) {
    for (const buffer of buffers) {
      pool.numBytesAllocated -= buffer.size;
      pool.numFreeBuffers--;
      buffer.destroy();
    }
    buffers.length = 0;
  }
};
