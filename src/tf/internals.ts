import type { DataType, TensorInfo } from '@tensorflow/tfjs';

/** The parts of tfjs's WebGPU backend that are private in intent. */
export interface Internals {
  device: GPUDevice;
  queue: GPUQueue;
  tensorMap: {
    get(dataId: object): { values: unknown; dtype: DataType; resource?: GPUBuffer; refCount: number };
    has(dataId: object): boolean;
  };
  bufferManager: {
    numBytesUsed: number;
    numBytesAllocated: number;
    numUsedBuffers: number;
    freeBuffers: Map<string, GPUBuffer[]>;
    numFreeBuffers: number;
    acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
  };
  commandQueueOwnedIds: WeakSet<object>;
  uniformPendingDisposal: GPUBuffer[];
  computePassEncoder: GPUComputePassEncoder | null;
  commandEncoder: GPUCommandEncoder | null;
  dispatchCountInPass: number;
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  makeTensorInfo(shape: number[], dtype: DataType, values?: unknown): TensorInfo;
  recordAndSubmit(program: unknown, output: TensorInfo, inputs: TensorInfo[], ...rest: unknown[]): void;
}
