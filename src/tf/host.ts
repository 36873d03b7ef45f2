import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** What the two backends that keep tensors in this program's own memory have in common, and where they differ. */
interface HostBackend {
  typedArrayFromHeap?(info: TensorInfo): HostArray; // wasm
  makeOutput?(shape: number[], dtype: DataType): TensorInfo; // wasm
  makeTensorInfo?(shape: number[], dtype: DataType, values: HostArray): TensorInfo; // cpu
  readSync(dataId: object): HostArray;
}

export type HostArray = Float32Array | Int32Array;

/** True when tensors live in memory that JavaScript reads and writes directly: tfjs's wasm and cpu backends. */
export const onHost = (): boolean => tf.getBackend() === 'wasm' || tf.getBackend() === 'cpu';

const host = () => tf.backend() as unknown as HostBackend;

/**
 * A new tensor for a kernel that runs in JavaScript. Its values are undefined: write every element.
 * Make all outputs first and take views afterwards, because an allocation may move the wasm heap.
 */
export const makeHostInfo = (shape: number[], dtype: 'float32' | 'int32' = 'float32'): TensorInfo => {
  const own = host();
  if (tf.getBackend() === 'wasm') return own.makeOutput!(shape, dtype);
  const size = shape.reduce((a, b) => a * b, 1);
  return own.makeTensorInfo!(shape, dtype, dtype === 'int32' ? new Int32Array(size) : new Float32Array(size));
};

/** A tensor's own memory, not a copy; valid until the next allocation. Only when `onHost()`. */
export const hostView = (info: TensorInfo): HostArray => {
  const own = host();
  return tf.getBackend() === 'wasm' ? own.typedArrayFromHeap!(info) : own.readSync(info.dataId);
};

/**
 * The memory that tfjs's wasm backend keeps its tensors in, so that loops of our own in WebAssembly reach them by
 * `hostView(t).byteOffset`. Undefined on other backends, and in the threaded build, whose memory is of another kind.
 */
export const wasmMemory = (): WebAssembly.Memory | undefined => {
  if (tf.getBackend() !== 'wasm') return undefined;
  const { wasm } = tf.backend() as unknown as { wasm: { asm?: { memory?: WebAssembly.Memory } } };
  const memory = wasm.asm?.memory;
  return memory?.buffer instanceof ArrayBuffer ? memory : undefined;
};

/** `hostView` of a float32 tensor, and of an int32 one. */
export const hostFloats = (info: TensorInfo): Float32Array => hostView(info) as Float32Array;
export const hostInts = (info: TensorInfo): Int32Array => hostView(info) as Int32Array;
