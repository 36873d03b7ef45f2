import { bufferNumber } from '../tf';
import { cached } from '../util/cached';
import { Recent } from '../util/recent';

/**
 * What a dispatch binds, made once and used again. Training and sampling repeat the same dispatches, and making a bind group and
 * writing a uniform buffer is most of what one costs the host (docs/GPU.md).
 */

/** A scalar of a uniform struct. A bare number is a u32; `f32(x)` marks a float. */
export type Uniform = number | { f32: number };
export const f32 = (value: number): Uniform => ({ f32: value });

/** Distinct contents of uniform structs that are kept, and bind groups. */
const UNIFORMS = 2048;
const GROUPS = 8192;

const uniformsOf = new WeakMap<GPUDevice, Recent<string, GPUBuffer>>();

/**
 * A buffer with these scalars in the order of the struct's fields. It is never written again, so that dispatches may share it; what
 * has not been used for long is left to the garbage collector, since a command buffer that waits may still read it.
 */
export const uniformBuffer = (device: GPUDevice, uniforms: readonly Uniform[]): GPUBuffer => {
  let key = '';
  for (const u of uniforms) key += typeof u === 'number' ? `${u},` : `f${u.f32},`;
  return cached(
    cached(uniformsOf, device, () => new Recent<string, GPUBuffer>(UNIFORMS)),
    key,
    () => {
      const size = Math.ceil(uniforms.length / 4) * 16;
      const buffer = device.createBuffer({ size, usage: 0x40 /* UNIFORM */, mappedAtCreation: true });
      const view = new DataView(buffer.getMappedRange());
      uniforms.forEach((u, i) => {
        if (typeof u === 'number') view.setUint32(i * 4, u, true);
        else view.setFloat32(i * 4, u.f32, true);
      });
      buffer.unmap();
      return buffer;
    },
  );
};

let pipelines = 0;

interface Layout {
  layout: GPUBindGroupLayout;
  name: number;
}
const layouts = new WeakMap<GPUComputePipeline, Layout>();
const groupsOf = new WeakMap<GPUDevice, Recent<string, GPUBindGroup>>();

/** Group 0 of the pipeline with these buffers in the order of their bindings. */
export const bindGroup = (
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  resources: readonly GPUBufferBinding[],
): GPUBindGroup => {
  const { layout, name } = cached(layouts, pipeline, () => ({
    layout: pipeline.getBindGroupLayout(0),
    name: ++pipelines,
  }));
  let key = `${name}`;
  for (const { buffer, offset, size } of resources) {
    key += offset === undefined ? ` ${bufferNumber(buffer)}` : ` ${bufferNumber(buffer)}:${offset}:${size}`;
  }
  return cached(
    cached(groupsOf, device, () => new Recent<string, GPUBindGroup>(GROUPS)),
    key,
    () =>
      device.createBindGroup({
        label: pipeline.label,
        layout,
        entries: resources.map((resource, binding) => ({ binding, resource })),
      }),
  );
};
