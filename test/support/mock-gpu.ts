import { vi } from 'vitest';

/** What a page may be offered; everything that WebGPU promises when left out. */
export interface MockOptions {
  limits?: Partial<Record<string, number>>;
  features?: string[];
  /** Of the adapter; Safari 26.0 has no `adapterInfo` on the device. */
  info?: Partial<Record<keyof GPUAdapterInfo, string>>;
  deviceHasInfo?: boolean;
}

/** What went through the device. */
export interface MockTraffic {
  /** Labels of the dispatches, one list per submit. */
  submits: string[][];
  /** Largest binding of a storage buffer in bytes, with the label of its group. */
  largestBinding: { label: string; bytes: number };
  largestBuffer: number;
  bindGroups: number;
  pipelines: number;
  modules: number;
  /** Buffers that the host waited to read. */
  reads: number;
}

const usage = { MAP_READ: 1, MAP_WRITE: 2, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 } as const;

class MockBuffer {
  mapState: string;
  private readonly data: ArrayBuffer;
  constructor(
    readonly size: number,
    readonly usage: number,
    mapped: boolean,
    private readonly onRead: () => void,
  ) {
    this.mapState = mapped ? 'mapped' : 'unmapped';
    this.data = mapped || usage & 1 ? new ArrayBuffer(size) : new ArrayBuffer(0);
  }
  getMappedRange() {
    return this.data;
  }
  unmap() {
    this.mapState = 'unmapped';
  }
  async mapAsync() {
    this.onRead();
    this.mapState = 'mapped';
  }
  destroy() {}
}

interface Entry {
  binding: number;
  resource: { buffer: MockBuffer; offset?: number; size?: number };
}

/**
 * A GPU without arithmetic, for tests in Node: it checks what a real one would refuse (sizes and offsets of bindings,
 * sizes of buffers and dispatches) and counts what goes through. Every read gives zeros.
 *
 * Puts `navigator.gpu` and WebGPU's constants in place until `vi.unstubAllGlobals()`; `initBackend('webgpu')` then
 * starts on it.
 */
export const mockGpu = ({
  limits = {},
  features = [],
  info = {},
  deviceHasInfo = true,
}: MockOptions = {}) => {
  const all: Record<string, number> = {
    maxBufferSize: 268_435_456,
    maxStorageBufferBindingSize: 134_217_728,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupStorageSize: 16_384,
    maxComputeWorkgroupsPerDimension: 65_535,
    maxComputeWorkgroupSizeX: 256,
    maxComputeWorkgroupSizeY: 256,
    maxComputeInvocationsPerWorkgroup: 256,
    minStorageBufferOffsetAlignment: 256,
    ...limits,
  };
  const traffic: MockTraffic = {
    submits: [],
    largestBinding: { label: '', bytes: 0 },
    largestBuffer: 0,
    bindGroups: 0,
    pipelines: 0,
    modules: 0,
    reads: 0,
  };
  const refuse = (why: string): never => {
    throw new Error(`The mock device refused a command: ${why}.`);
  };

  let recorded: string[] = [];
  let group = '';
  const pass = {
    setPipeline() {},
    setBindGroup(_index: number, { label }: { label: string }) {
      group = label;
    },
    dispatchWorkgroups(...counts: number[]) {
      for (const n of counts) {
        if (!(n >= 0 && n <= all['maxComputeWorkgroupsPerDimension']!)) {
          refuse(`${group} asks for ${counts.join(' x ')} workgroups`);
        }
      }
      recorded.push(group);
    },
    end() {},
  };
  const copy = (from: MockBuffer, at: number, to: MockBuffer, toAt: number, bytes: number) => {
    if (at + bytes > from.size || toAt + bytes > to.size) refuse('a copy passes the end of a buffer');
    if (at % 4 || toAt % 4 || bytes % 4) refuse('a copy is not a multiple of 4 bytes');
  };
  const encoder = {
    beginComputePass: () => pass,
    copyBufferToBuffer: copy,
    finish() {
      const list = recorded;
      recorded = [];
      return list;
    },
  };
  const bind = (label: string, { resource: { buffer, offset = 0, size = buffer.size - offset } }: Entry) => {
    if (!(buffer.usage & usage.STORAGE)) return;
    if (size > all['maxStorageBufferBindingSize']!) refuse(`${label} binds ${size} bytes`);
    if (offset + size > buffer.size) refuse(`${label} binds past the end of a buffer`);
    if (offset % all['minStorageBufferOffsetAlignment']!) refuse(`${label} binds at offset ${offset}`);
    if (size > traffic.largestBinding.bytes) traffic.largestBinding = { label, bytes: size };
  };

  const adapterInfo = { vendor: 'mock', architecture: '', device: '', description: '', ...info };
  const device = {
    limits: all,
    features: new Set(features),
    ...(deviceHasInfo ? { adapterInfo } : {}),
    lost: new Promise(() => undefined),
    queue: {
      writeBuffer(
        buffer: MockBuffer,
        offset: number,
        data: ArrayBufferView | ArrayBuffer,
        from = 0,
        n?: number,
      ) {
        if (offset + (n ?? data.byteLength - from) > buffer.size)
          refuse('a write passes the end of a buffer');
      },
      submit(lists: string[][]) {
        traffic.submits.push(lists.flat());
      },
    },
    addEventListener() {},
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBuffer({ size, usage: use, mappedAtCreation = false }: GPUBufferDescriptor) {
      if (size > all['maxBufferSize']!) refuse(`a buffer of ${size} bytes`);
      traffic.largestBuffer = Math.max(traffic.largestBuffer, size);
      return new MockBuffer(size, use, mappedAtCreation, () => {
        traffic.reads++;
      });
    },
    createShaderModule() {
      traffic.modules++;
      return {};
    },
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipeline: ({ label = '' }: GPUComputePipelineDescriptor) => {
      traffic.pipelines++;
      return { label, getBindGroupLayout: () => ({}) };
    },
    createBindGroup({ label = 'tfjs', entries }: { label?: string; entries: Entry[] }) {
      traffic.bindGroups++;
      for (const entry of entries) bind(label, entry);
      return { label };
    },
    createCommandEncoder: () => encoder,
  };
  const adapter = {
    info: adapterInfo,
    limits: all,
    features: new Set(features),
    requestDevice: async () => device,
  };
  vi.stubGlobal('GPUBufferUsage', usage);
  vi.stubGlobal('GPUMapMode', { READ: 1, WRITE: 2 });
  vi.stubGlobal('GPUBuffer', MockBuffer);
  vi.stubGlobal('GPUTexture', class {});
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter } });
  return traffic;
};
