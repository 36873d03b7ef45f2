import { beforeAll, describe, expect, it } from 'vitest';
import { dispatch, f32 } from '../../src/kernels/dispatch';
import { defineOp } from '../../src/kernels/op';
import type { BackendInfo } from '../../src/tf';
import { gpuStats, guardGpu, initBackend, resetGpuStats, tf } from '../../src/tf';

let info: BackendInfo;
beforeAll(async () => {
  info = await initBackend('webgpu');
});

const code = /* wgsl */ `
struct Params { n: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@group(0) @binding(3) var<uniform> p: Params;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.n) { return; }
  y[id.x] = x[id.x] * p.scale;
  z[id.x] = x[id.x] + p.scale;
}`;

const scaleAndShift = defineOp<'x', { scale: number }>({
  name: 'TestScaleAndShift',
  inputs: ['x'],
  forward: ({ x }, { scale }) =>
    dispatch({
      label: 'test',
      code,
      inputs: [x],
      outputs: [
        { shape: x.shape, dtype: 'float32' },
        { shape: x.shape, dtype: 'float32' },
      ],
      uniforms: [x.shape[0]!, f32(scale)],
      workgroups: [1],
    }),
  backward: ([dy, dz], _saved, { scale }) => ({ x: () => tf.add(tf.mul(dy!, scale), dz!) }),
});

describe('our device under tfjs', () => {
  it('is a WebGPU device with the features asked for', () => {
    expect(info.name).toBe('webgpu');
    expect(info.features).toContain('subgroups');
  });

  it('runs an op with two outputs, ordered with tfjs ops, and its gradient', async () => {
    const x = tf.mul(tf.tensor1d([1, 2, 3]), tf.scalar(2));
    resetGpuStats();
    const [y, z] = scaleAndShift({ x }, { scale: 10 });
    expect(await tf.add(y!, z!).data()).toBeAllclose([32, 54, 76]);
    expect(gpuStats().dispatches).toBeGreaterThanOrEqual(2);
    const grad = tf.grad((t) => {
      const [a, b] = scaleAndShift({ x: t }, { scale: 10 });
      return tf.add(tf.sum(a!), tf.sum(tf.mul(b!, tf.tensor1d([1, 2, 3]))));
    })(x);
    expect(await grad.data()).toBeAllclose([11, 12, 13]);
  });

  it('turns a refused command into a thrown error that stays', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    const bad = () =>
      dispatch({
        label: 'bad',
        code: code.replace('x[id.x] * p.scale', 'nonsense'),
        inputs: [x],
        outputs: [
          { shape: [3], dtype: 'float32' },
          { shape: [3], dtype: 'float32' },
        ],
        uniforms: [3, f32(1)],
        workgroups: [1],
      });
    await expect(guardGpu(bad)).rejects.toThrow(/The GPU refused a command/);
    await expect(guardGpu(() => tf.add(x, 1).data())).rejects.toThrow(/The GPU refused a command/);
    await initBackend('webgpu');
    expect(await tf.add(tf.tensor1d([1]), 1).data()).toBeAllclose([2]);
  });
});
