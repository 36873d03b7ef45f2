import { gpu } from '../../src/tf';

/**
 * Lets our real device claim that it binds no more than `bytes`, and hold us to it, while f runs. The device itself binds more, so
 * that results can be compared with those of whole bindings.
 * @returns what f returns, and how many bindings were only parts of their buffers
 */
export const withBindingLimit = async <T>(bytes: number, f: () => Promise<T>) => {
  const { device } = gpu();
  const { limits } = device;
  const createBindGroup = device.createBindGroup.bind(device);
  let windows = 0;
  Object.defineProperty(device, 'limits', {
    configurable: true,
    value: new Proxy(limits, {
      get: (target, name) =>
        name === 'maxStorageBufferBindingSize' ? bytes : Reflect.get(target, name, target),
    }),
  });
  device.createBindGroup = (descriptor) => {
    for (const { resource } of descriptor.entries) {
      const { buffer, offset = 0, size = buffer.size - offset } = resource as GPUBufferBinding;
      if (buffer.usage & GPUBufferUsage.STORAGE && size > bytes) {
        throw new Error(`${descriptor.label ?? 'tfjs'} binds ${size} bytes of at most ${bytes}.`);
      }
      if (size < buffer.size) windows++;
    }
    return createBindGroup(descriptor);
  };
  try {
    return { result: await f(), windows };
  } finally {
    Reflect.deleteProperty(device, 'limits');
    Reflect.deleteProperty(device, 'createBindGroup');
  }
};
