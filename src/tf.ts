/**
 * The only import site of tfjs: with what lies in src/tf, the only code that touches what tfjs keeps private.
 *
 * tfjs gives us tensors, the tape and small ops. We give it our own GPUDevice, because the stock one asks for
 * neither subgroups nor f16 nor the adapter's storage-buffer limits, and we record our own dispatches into its
 * command encoder, so that order is kept without an extra submit. Pinned to tfjs 4.22.0 exactly.
 */
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { adapterName, findAdapter, isSoftware, requestDevice, wantedFeatures } from './tf/adapter';
import { assertGpuHealthy, fail, forgetGpuErrors, GpuError } from './tf/gpu-health';
import type { HostArray } from './tf/host';
import type { Internals } from './tf/internals';
import { destroyFree, takeOldestFirst, writeSmallUploads } from './tf/pool';

export type {
  DataType,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor4D,
  TensorInfo,
} from '@tensorflow/tfjs';
export { assertGpuHealthy, GpuError, onGpuError } from './tf/gpu-health';
export { type HostArray, hostFloats, hostInts, hostView, makeHostInfo, onHost, wasmMemory } from './tf/host';
export { bufferNumber } from './tf/pool';
export { onBackward, withOwnTape } from './tf/tape';
export { tf };

export type BackendName = 'webgpu' | 'wasm' | 'cpu';
export type BackendChoice = BackendName | 'auto';

/** What a run is computed on, in words that the page and the terminal can print. */
export interface BackendInfo {
  name: BackendName;
  /** For example "nvidia lovelace" or "google swiftshader"; the backend's own name when there is no adapter. */
  adapter: string;
  /** True when a CPU plays the GPU (SwiftShader, llvmpipe, WARP). */
  software: boolean;
  features: string[];
  /** One sentence: why this backend, when the choice was 'auto' or could not be had. */
  note: string;
}

let backend: Internals | undefined;
let adapterOf: GPUAdapterInfo | undefined;
let dispatches = 0;
let peakBytes = 0;
let recordedWork = 0;
let recordedOn: Internals | undefined;

const startWebgpu = async (adapter: GPUAdapter) => {
  const device = await requestDevice(adapter);
  const own = new WebGPUBackend(device, adapter.info) as unknown as Internals;
  const record = own.recordAndSubmit.bind(own);
  own.recordAndSubmit = (program, output, inputs, ...rest) => {
    assertGpuHealthy();
    makeRoomFor(elementWork([output, ...inputs]));
    dispatches++;
    record(program, output, inputs, ...rest);
  };
  takeOldestFirst(own, () => {
    peakBytes = Math.max(peakBytes, own.bufferManager.numBytesUsed);
  });
  writeSmallUploads(own);
  backend = own;
  adapterOf = adapter.info;
  forgetGpuErrors();
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => own as unknown as WebGPUBackend, 3);
  await tf.setBackend('webgpu');
  return device;
};

/** Gives up a backend whose memory has ended: its WebAssembly has stopped in the middle of something. */
const forgetWasm = () => {
  const factory = tf.findBackendFactory('wasm');
  if (!factory) return;
  try {
    tf.removeBackend('wasm');
  } catch {
    // It cannot even be told to end.
  }
  delete (tf.engine() as unknown as { registry: Record<string, unknown> }).registry['wasm'];
  tf.registerBackend('wasm', factory, 2);
};

const startWasm = async (anew: boolean) => {
  if (anew) forgetWasm();
  if (typeof self !== 'undefined') {
    const { wasmUrls } = await import('./wasm-url');
    setWasmPaths(wasmUrls);
  }
  if (!(await tf.setBackend('wasm'))) {
    throw new Error(
      'The WebAssembly backend did not start. Choose backend "cpu", or use a browser with WASM SIMD.',
    );
  }
};

/**
 * Starts tfjs on the chosen backend. 'auto' takes WebGPU on a real GPU, and WebAssembly where there is no WebGPU or
 * only a software adapter, on which WebAssembly is several times faster.
 * @param anew a backend that was in use has failed, and is not to be used again
 * @throws Error when 'webgpu' was asked for by name and cannot be had.
 */
export const initBackend = async (choice: BackendChoice = 'auto', anew = false): Promise<BackendInfo> => {
  forgetGpuErrors();
  if (choice === 'cpu') {
    await tf.setBackend('cpu');
    return { name: 'cpu', adapter: 'plain JavaScript', software: true, features: [], note: '' };
  }
  const adapter = choice === 'wasm' ? undefined : await findAdapter();
  const useGpu = choice === 'webgpu' || (adapter !== undefined && !isSoftware(adapter.info));
  if (useGpu) {
    if (!adapter) {
      throw new Error(
        'WebGPU was asked for, but this browser offers no adapter. Choose backend "auto" or "wasm", or turn WebGPU on in the browser.',
      );
    }
    const device = await startWebgpu(adapter);
    return {
      name: 'webgpu',
      adapter: adapterName(adapter.info),
      software: isSoftware(adapter.info),
      features: [...device.features].filter((f) => (wantedFeatures as string[]).includes(f)),
      note: '',
    };
  }
  await startWasm(anew);
  const note =
    choice === 'wasm'
      ? ''
      : adapter
        ? `The only WebGPU adapter is a software one (${adapterName(adapter.info)}); WebAssembly is several times faster there.`
        : 'This browser offers no WebGPU adapter; training runs on WebAssembly.';
  return { name: 'wasm', adapter: 'WebAssembly SIMD', software: true, features: [], note };
};

/** True when tensors live on our own WebGPU device, so that our shaders can run. */
export const onOwnGpu = (): boolean => backend !== undefined && tf.getBackend() === 'webgpu';

/** Our backend's private parts, for the dispatcher. */
export const gpu = (): Internals => {
  if (!backend) throw new Error('No WebGPU backend: call initBackend("webgpu") first.');
  return backend;
};

/** Bytes that a shader may bind of one buffer. WebGPU promises 128 MiB. */
export const maxBinding = (): number => gpu().device.limits.maxStorageBufferBindingSize;

/** The storage buffer of a tensor, uploaded if need be; the tensor still owns it. */
export const bufferOf = (info: tf.TensorInfo): GPUBuffer => {
  const own = gpu();
  own.uploadToGPU(info.dataId);
  const { resource } = own.tensorMap.get(info.dataId);
  if (!resource) throw new GpuError('A tensor has no GPU buffer; it was disposed or is empty.');
  return resource;
};

/** Bytes that go to the device in one write. */
const WRITE = 4 * 2 ** 20;

/**
 * A kept tensor of these values, on the device at once. On our GPU device they go through the queue in pieces: tfjs maps a
 * buffer per tensor, and when a whole model is uploaded without a pause, all of that memory is in use at the same time.
 */
export const uploadKept = (
  values: HostArray,
  shape: number[],
  dtype: 'float32' | 'int32' = 'float32',
): tf.Tensor => {
  if (!onOwnGpu()) return tf.keep(tf.tensor(values, shape, dtype));
  const own = gpu();
  const info = own.makeTensorInfo(shape, dtype);
  const tensor = tf.keep(toTensor(info));
  const buffer = bufferOf(info);
  const { buffer: memory, byteOffset, byteLength } = values;
  for (let at = 0; at < byteLength; at += WRITE) {
    own.queue.writeBuffer(
      buffer,
      at,
      memory as ArrayBuffer,
      byteOffset + at,
      Math.min(WRITE, byteLength - at),
    );
  }
  return tensor;
};

/** Forget the CPU copy of a tensor that a shader has written in place. */
export const dropCpuCopy = (info: tf.TensorInfo) => {
  gpu().tensorMap.get(info.dataId).values = null;
};

/**
 * Work, in floating-point operations, that one command buffer may hold: about 100 ms at the 100 GFLOP/s that our kernels
 * reach on a slow integrated GPU. Windows ends a command list after 2 s, and a page shares the GPU with what it shows.
 */
export const submitLimit = { work: 1e10 };

/** Work of a dispatch that reads and writes its tensors once: memory moves about 20 operations' time per number there. */
export const elementWork = (tensors: readonly { shape: readonly number[] }[]): number =>
  20 * tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

const submit = (own: Internals) => {
  own.endComputePassEncoder();
  own.submitQueue();
};

/**
 * Submits what is recorded where a dispatch of this much work would make the command buffer run too long. Call it before
 * anything of the dispatch is made: buffers that wait for a submit are used again after it.
 */
export const makeRoomFor = (work: number) => {
  const own = gpu();
  if (own !== recordedOn || own.dispatchCountInPass === 0) recordedWork = 0; // tfjs has submitted, or counts anew
  recordedOn = own;
  if (recordedWork > 0 && recordedWork + work > submitLimit.work) {
    submit(own);
    recordedWork = 0;
  }
  recordedWork += work;
};

/** Counts one of our own dispatches, and submits at tfjs's own batch size, which bounds what waits to be freed. */
export const countDispatch = () => {
  const own = gpu();
  dispatches++;
  own.dispatchCountInPass++;
  if (own.dispatchCountInPass >= (tf.env().get('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE') as number)) submit(own);
};

/**
 * The adapter that our device was asked of. Kept from the request: Safari 26.0 has no `adapterInfo` on the device.
 * @throws Error without our own GPU device
 */
export const adapterInfo = (): GPUAdapterInfo => {
  if (!adapterOf) throw new Error('No WebGPU backend: call initBackend("webgpu") first.');
  return adapterOf;
};

/** True when a CPU plays the GPU. */
export const onSoftwareGpu = (): boolean => adapterOf !== undefined && isSoftware(adapterOf);

/** Makes a tensor that the current tidy scope owns out of a kernel's result. */
export const toTensor = (info: tf.TensorInfo): tf.Tensor => tf.engine().makeTensorFromTensorInfo(info);

/** Reads a float tensor. The one kind of place where the worker waits for the GPU. */
export const readFloats = async (tensor: tf.Tensor): Promise<Float32Array> => {
  const values = (await tensor.data()) as Float32Array;
  assertGpuHealthy();
  return values;
};

/**
 * Runs f with every GPU error in it turned into a thrown GpuError. GPU errors do not throw by themselves: the whole
 * batch of commands is dropped and a read returns what a recycled buffer held.
 */
export const guardGpu = async <T>(f: () => Promise<T> | T): Promise<T> => {
  if (!onOwnGpu()) return f();
  const own = gpu();
  assertGpuHealthy();
  const kinds: GPUErrorFilter[] = ['validation', 'out-of-memory', 'internal'];
  for (const kind of kinds) own.device.pushErrorScope(kind);
  let result: T;
  try {
    result = await f();
  } finally {
    if (own.commandEncoder) submit(own);
    const errors = await Promise.all(kinds.map(() => own.device.popErrorScope()));
    const first = errors.find((error) => error !== null);
    if (first) fail(new GpuError(`The GPU refused a command: ${first.message}`));
  }
  assertGpuHealthy();
  return result;
};

export interface GpuStats {
  /** Compute dispatches since the last reset, tfjs's own and ours. */
  dispatches: number;
  /** Bytes of GPU buffers in use now, and the most since the last reset. */
  bytes: number;
  peakBytes: number;
  /** Bytes held by the pool, in use or free. */
  allocatedBytes: number;
}

export const gpuStats = (): GpuStats => ({
  dispatches,
  bytes: backend?.bufferManager.numBytesUsed ?? 0,
  peakBytes,
  allocatedBytes: backend?.bufferManager.numBytesAllocated ?? 0,
});

export const resetGpuStats = () => {
  dispatches = 0;
  peakBytes = backend?.bufferManager.numBytesUsed ?? 0;
};

/** Destroys the pool's free buffers. tfjs reuses exact sizes only and never shrinks, so call it between phases. */
export const trimGpuPool = () => {
  if (!backend) return;
  if (backend.commandEncoder) submit(backend);
  destroyFree(backend);
};
