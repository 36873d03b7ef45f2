import { afterAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/tf';
import { gpu, guardGpu, initBackend, readFloats, tf } from '../../src/tf';
import { isOutOfMemory } from '../../src/train/memory-error';

/* What this browser really says when memory cannot be had, and that the next backend is a sound one. */

const errorOf = async (f: () => unknown): Promise<unknown> => {
  try {
    await f();
  } catch (error) {
    return error;
  }
  return undefined;
};

const works = async () => {
  const sum = tf.tidy(() => tf.sum(tf.mul(tf.range(0, 1000), 2)));
  expect((await readFloats(sum))[0]).toBe(999_000);
  sum.dispose();
};

afterAll(async () => {
  await initBackend('webgpu', true);
});

describe('memory that cannot be had', () => {
  it('in JavaScript', async () => {
    const error = await errorOf(() => new Float32Array(2 ** 33));
    expect(String(error)).toMatch(/RangeError/);
    expect(isOutOfMemory(error)).toBe(true);
  });

  it('in WebAssembly; a new backend takes its place', async () => {
    await initBackend('wasm');
    await works();
    const kept: Tensor[] = [];
    const error = await errorOf(() => {
      for (let i = 0; i < 80; i++) kept.push(tf.keep(tf.zeros([16 * 2 ** 20]))); // 64 MB each
    });
    expect(isOutOfMemory(error), String(error)).toBe(true);
    await initBackend('wasm', true);
    await works();
    const again: Tensor[] = [];
    for (let i = 0; i < 8; i++) again.push(tf.keep(tf.zeros([16 * 2 ** 20])));
    await works();
    tf.dispose(again);
  });

  it('on the GPU; a new backend takes its place', async () => {
    await initBackend('webgpu', true);
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu().device.limits;
    const elements = Math.ceil((Math.max(maxBufferSize, maxStorageBufferBindingSize) + 1024) / 4);
    const error = await errorOf(() =>
      guardGpu(async () => {
        const x = tf.zeros([elements]);
        await readFloats(tf.sum(x) as Tensor);
      }),
    );
    expect(isOutOfMemory(error), String(error)).toBe(true);
    await initBackend('webgpu', true);
    await works();
  });
});
