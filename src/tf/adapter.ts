import { fail, GpuError } from './gpu-health';

/** A CPU plays the GPU. */
export const isSoftware = (info: GPUAdapterInfo) =>
  (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true ||
  /swiftshader|llvmpipe|lavapipe|warp|basic render/i.test(
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
  );

/** For example "nvidia lovelace". */
export const adapterName = (info: GPUAdapterInfo) =>
  [info.vendor, info.architecture, info.description]
    .filter((part, i, all) => part && all.indexOf(part) === i)
    .join(' ') || 'unnamed adapter';

/** What our kernels make use of where it is there. */
export const wantedFeatures: GPUFeatureName[] = ['subgroups', 'shader-f16', 'timestamp-query'];

const watch = (device: GPUDevice) => {
  device.addEventListener('uncapturederror', (event) => {
    fail(new GpuError(`The GPU refused a command: ${event.error.message}`));
  });
  void device.lost.then((info) => {
    if (info.reason === 'destroyed') return; // we did it ourselves
    fail(
      new GpuError(
        `The GPU device was lost (${info.message || 'no reason given'}). Reload the page to go on from the last checkpoint.`,
        true,
      ),
    );
  });
};

/** Our own device: the stock one asks for neither features nor the adapter's limits. */
export const requestDevice = async (adapter: GPUAdapter): Promise<GPUDevice> => {
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    label: 'marginalia',
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  watch(device);
  return device;
};

/** The adapter of a browser that has one. */
export const findAdapter = async (): Promise<GPUAdapter | undefined> => {
  if (typeof navigator === 'undefined' || !navigator.gpu) return undefined;
  return (await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' })) ?? undefined;
};
