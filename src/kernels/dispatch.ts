import type { DataType, Tensor, TensorInfo } from '../tf';
import {
  assertGpuHealthy,
  bufferOf,
  countDispatch,
  dropCpuCopy,
  elementWork,
  gpu,
  makeRoomFor,
  toTensor,
} from '../tf';
import { cached } from '../util/cached';
import type { Uniform } from './bindings';
import { bindGroup, uniformBuffer } from './bindings';
import type { Binding } from './window';
import { isWindow } from './window';

export type { Uniform } from './bindings';
export { f32 } from './bindings';

export interface Dispatch {
  /** Name in error messages and profiles; not part of the cache key. */
  label: string;
  /** Whole WGSL module. Bindings in group 0: inputs in order, then outputs in order, then the uniform struct. */
  code: string;
  entryPoint?: string;
  inputs: readonly Binding[];
  /** A new tensor by shape and dtype, or an existing one to be written (or read and written) in place. */
  outputs: readonly ({ shape: number[]; dtype: DataType } | Binding)[];
  /** 32-bit scalars in the order of the struct's fields. */
  uniforms?: readonly Uniform[];
  /** Values of pipeline-overridable constants. */
  constants?: Record<string, number>;
  workgroups: readonly [number, number?, number?];
  /** Floating-point operations, for the length of command buffers; when left out, that of reading and writing once. */
  work?: number;
}

/** What a device has compiled from one shader text: the module, and a pipeline per short key. */
interface Compiled {
  module: GPUShaderModule;
  pipelines: Map<string, GPUComputePipeline>;
}

const compiled = new WeakMap<GPUDevice, Map<string, Compiled>>();

/**
 * The pipeline of a dispatch. The text is looked up by itself, not as a part of a longer key: a string keeps its hash, and one
 * that is joined anew would be hashed whole, 5 to 20 KB at every dispatch.
 */
const pipelineOf = (device: GPUDevice, d: Dispatch): GPUComputePipeline => {
  const { code, entryPoint = 'main', constants } = d;
  const hasUniforms = d.uniforms !== undefined && d.uniforms.length > 0;
  const ofDevice = cached(compiled, device, () => new Map<string, Compiled>());
  const { module, pipelines } = cached(ofDevice, code, () => ({
    module: device.createShaderModule({ label: d.label, code }),
    pipelines: new Map<string, GPUComputePipeline>(),
  }));
  const values = constants ? JSON.stringify(constants) : '';
  const key = `${entryPoint}|${d.inputs.length}|${d.outputs.length}|${hasUniforms}|${values}`;
  return cached(pipelines, key, () => {
    const buffers: GPUBufferBindingType[] = [
      ...d.inputs.map((): GPUBufferBindingType => 'read-only-storage'),
      ...d.outputs.map((): GPUBufferBindingType => 'storage'),
      ...(hasUniforms ? (['uniform'] as GPUBufferBindingType[]) : []),
    ];
    // An explicit layout: with 'auto' a binding the shader does not use is dropped and the bind group is invalid.
    const layout = device.createBindGroupLayout({
      label: d.label,
      entries: buffers.map((type, binding) => ({ binding, visibility: 4 /* COMPUTE */, buffer: { type } })),
    });
    return device.createComputePipeline({
      label: d.label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint, ...(constants ? { constants } : {}) },
    });
  });
};

const isBinding = (output: Dispatch['outputs'][number]): output is Binding =>
  isWindow(output) || 'dataId' in output;
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

const tensorOf = (binding: Binding): TensorInfo => (isWindow(binding) ? binding.of : binding);

const resourceOf = (binding: Binding): GPUBufferBinding => {
  const buffer = bufferOf(tensorOf(binding));
  return isWindow(binding) ? { buffer, offset: 4 * binding.from, size: 4 * binding.length } : { buffer };
};

/** What a dispatch reads and writes, in the measure of `elementWork`. */
const defaultWork = ({ inputs, outputs }: Dispatch): number =>
  elementWork([...inputs, ...outputs].map((b) => (isWindow(b) ? { shape: [b.length] } : b)));

/**
 * Records one compute dispatch into tfjs's own command encoder, so that it is ordered with tfjs's kernels and needs no
 * submit of its own. Returns the outputs in order. For use inside a kernel function; see `run` for plain tensors.
 * @throws GpuError when the device has failed before.
 */
export const dispatch = (d: Dispatch): TensorInfo[] => {
  assertGpuHealthy();
  const own = gpu();
  makeRoomFor(d.work ?? defaultWork(d));
  const inputs = d.inputs.map(resourceOf); // uploads happen before the pass is touched
  const written = d.outputs.map((o) => (isBinding(o) ? o : own.makeTensorInfo(o.shape, o.dtype)));
  const outputs = written.map(tensorOf);
  if (outputs.some((o) => sizeOf(o.shape) === 0)) {
    throw new Error(
      `${d.label}: an output is empty (${outputs.map((o) => `[${o.shape}]`).join(', ')}); handle that before dispatching.`,
    );
  }
  const outBuffers = written.map(resourceOf);
  const pipeline = pipelineOf(own.device, d);
  const resources = [...inputs, ...outBuffers];
  if (d.uniforms && d.uniforms.length > 0) resources.push({ buffer: uniformBuffer(own.device, d.uniforms) });
  for (const t of [...d.inputs.map(tensorOf), ...outputs]) own.commandQueueOwnedIds.add(t.dataId);
  const group = bindGroup(own.device, pipeline, resources);
  own.ensureCommandEncoderReady();
  own.computePassEncoder ??= own.commandEncoder!.beginComputePass();
  own.computePassEncoder.setPipeline(pipeline);
  own.computePassEncoder.setBindGroup(0, group);
  const [x, y = 1, z = 1] = d.workgroups;
  own.computePassEncoder.dispatchWorkgroups(x, y, z);
  for (const o of outputs) dropCpuCopy(o);
  countDispatch();
  return outputs;
};

/** `dispatch` whose outputs are tensors owned by the current tidy scope: for gradients and code outside kernels. */
export const run = (d: Dispatch): Tensor[] =>
  dispatch(d).map((info, i) => (isBinding(d.outputs[i]!) ? (info as Tensor) : toTensor(info)));

/** One buffer-to-buffer copy (offsets and length in 4-byte elements), ordered with the dispatches around it. */
export interface Copy {
  from: TensorInfo;
  fromOffset?: number;
  to: TensorInfo;
  toOffset?: number;
  length: number;
}

/** Records copies into tfjs's encoder. They are not dispatches: the pass is ended once for all of them. */
export const copyBuffers = (copies: readonly Copy[]) => {
  assertGpuHealthy();
  const own = gpu();
  const resolved = copies.map((c) => ({ c, from: bufferOf(c.from), to: bufferOf(c.to) }));
  own.ensureCommandEncoderReady();
  own.endComputePassEncoder();
  for (const { c, from, to } of resolved) {
    own.commandEncoder!.copyBufferToBuffer(
      from,
      (c.fromOffset ?? 0) * 4,
      to,
      (c.toOffset ?? 0) * 4,
      c.length * 4,
    );
    own.commandQueueOwnedIds.add(c.from.dataId);
    own.commandQueueOwnedIds.add(c.to.dataId);
    dropCpuCopy(c.to);
  }
};

/** Workgroup counts for n workgroups, folded into two dimensions; index = wid.x + wid.y * numWorkgroups.x. */
export const grid = (n: number): [number, number] => {
  const limit = 65_535;
  if (n <= limit) return [Math.max(1, n), 1];
  const y = Math.ceil(n / limit);
  return [Math.ceil(n / y), y];
};
