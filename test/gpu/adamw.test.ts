import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AdamWHyper,
  adamWFromArrays,
  adamWStep,
  adamWToArrays,
  copyTensor,
  createAdamW,
  createAdamWPlain,
  disposeAdamW,
} from '../../src/kernels/adamw';
import { gpuStats, initBackend, resetGpuStats, type Tensor, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';

const shapes: Record<string, number[]> = { a: [3, 5], scale: [7], big: [40, 30] };
const names = Object.keys(shapes);
const numbers = (seed: number, scale = 1) => {
  const rng = createRng(seed);
  return new Map(
    names.map((name) => {
      const size = shapes[name]!.reduce((x, y) => x * y, 1);
      return [name, Float32Array.from({ length: size }, () => rng.normal() * scale)];
    }),
  );
};
const upload = (values: Map<string, Float32Array>) =>
  new Map<string, Tensor>([...values].map(([name, x]) => [name, tf.tensor(x.slice(), shapes[name])]));
const download = async (tensors: Map<string, Tensor>) =>
  (
    await Promise.all(names.map(async (n) => Array.from((await tensors.get(n)!.data()) as Float32Array)))
  ).flat();

const hyper = (step: number, changes: Partial<AdamWHyper> = {}): AdamWHyper => ({
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
  step,
  decay: (name) => name !== 'scale',
  ...changes,
});

/** PyTorch's clip_grad_norm_ and AdamW, in double precision. */
const reference = (start: Map<string, Float32Array>) => {
  const p = new Map([...start].map(([n, x]) => [n, Float64Array.from(x)]));
  const m = new Map([...start].map(([n, x]) => [n, new Float64Array(x.length)]));
  const v = new Map([...start].map(([n, x]) => [n, new Float64Array(x.length)]));
  const step = (gradients: Map<string, Float32Array>, h: AdamWHyper) => {
    const norm = Math.sqrt([...gradients.values()].flatMap((g) => [...g]).reduce((s, g) => s + g * g, 0));
    const clip = h.maxGradNorm > 0 ? Math.min(1, h.maxGradNorm / (norm + 1e-6)) : 1;
    for (const name of names) {
      for (let i = 0; i < p.get(name)!.length; i++) {
        const g = gradients.get(name)![i]! * clip;
        let w = p.get(name)![i]!;
        if (h.decay?.(name) ?? true) w *= 1 - h.learningRate * h.weightDecay;
        const first = h.beta1 * m.get(name)![i]! + (1 - h.beta1) * g;
        const second = h.beta2 * v.get(name)![i]! + (1 - h.beta2) * g * g;
        m.get(name)![i] = first;
        v.get(name)![i] = second;
        const denominator = Math.sqrt(second) / Math.sqrt(1 - h.beta2 ** h.step) + h.epsilon;
        p.get(name)![i] = w - ((h.learningRate / (1 - h.beta1 ** h.step)) * first) / denominator;
      }
    }
    return norm;
  };
  return { step, values: () => names.flatMap((n) => [...p.get(n)!]) };
};

const kinds = [
  ['webgpu', createAdamW],
  ['webgpu', createAdamWPlain],
  ['wasm', createAdamW],
  ['wasm', createAdamWPlain],
] as const;

describe.each(kinds)('AdamW on %s, %o', (backend, create) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    ['clipping and decay', {}],
    ['no clipping', { maxGradNorm: 0, decay: undefined }],
    ['a bound that is not reached', { maxGradNorm: 1e6, weightDecay: 0 }],
  ] as [string, Partial<AdamWHyper>][])('follows PyTorch over five steps: %s', async (_, changes) => {
    const start = numbers(1);
    const parameters = upload(start);
    const state = create(parameters);
    const oracle = reference(start);
    for (let step = 1; step <= 5; step++) {
      const g = numbers(10 + step, step);
      const h = hyper(step, changes);
      const gradients = upload(g);
      const norm = adamWStep(state, parameters, gradients, h);
      expect(await norm.data()).toBeAllclose([oracle.step(g, h)], { rtol: 1e-5 });
      expect(await download(parameters)).toBeAllclose(oracle.values(), { rtol: 2e-5, atol: 2e-6 });
      tf.dispose([norm, ...gradients.values()]);
    }
    disposeAdamW(state);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])(
    'writes nothing when a gradient is %d',
    async (bad) => {
      const parameters = upload(numbers(2));
      const state = create(parameters);
      adamWStep(state, parameters, upload(numbers(3)), hyper(1));
      const before = await download(parameters);
      const moments = await adamWToArrays(state);
      const g = numbers(4);
      g.get('big')![777] = bad;
      const norm = (await adamWStep(state, parameters, upload(g), hyper(2)).data())[0]!;
      if (bad === 1e30 && Number.isFinite(norm)) {
        expect(norm).toBeAllclose(1e30); // summed in double precision here, and then clipped as usual
        return;
      }
      expect(Number.isFinite(norm)).toBe(false);
      expect(await download(parameters)).toEqual(before);
      expect(await adamWToArrays(state)).toEqual(moments);
      const good = (await adamWStep(state, parameters, upload(numbers(5)), hyper(2)).data())[0]!;
      expect(Number.isFinite(good)).toBe(true);
      expect(await download(parameters)).not.toEqual(before);
    },
  );
});

describe.each(['webgpu', 'wasm'] as const)('AdamW state on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it('goes through arrays and carries on bit for bit', async () => {
    const parameters = upload(numbers(1));
    const state = createAdamW(parameters);
    adamWStep(state, parameters, upload(numbers(2)), hyper(1));
    const saved = new Map<string, Tensor>([...parameters].map(([n, t]) => [n, copyTensor(t)]));
    const restored = adamWFromArrays(saved, await adamWToArrays(state));
    for (const step of [2, 3]) {
      adamWStep(state, parameters, upload(numbers(step)), hyper(step));
      adamWStep(restored, saved, upload(numbers(step)), hyper(step));
    }
    expect(await download(saved)).toEqual(await download(parameters));
    expect(await adamWToArrays(restored)).toEqual(await adamWToArrays(state));
  });

  it('keeps the number of tensors', () => {
    const parameters = upload(numbers(1));
    const state = createAdamW(parameters);
    const gradients = upload(numbers(2));
    adamWStep(state, parameters, gradients, hyper(1)).dispose();
    const before = tf.memory().numTensors;
    for (let step = 2; step < 6; step++)
      tf.tidy(() => void adamWStep(state, parameters, gradients, hyper(step)));
    expect(tf.memory().numTensors).toBe(before);
    expect(parameters.get('a')!.isDisposed).toBe(false);
    disposeAdamW(state);
  });

  it('names a parameter that is missing or does not fit', () => {
    const parameters = upload(numbers(1));
    const state = createAdamW(parameters);
    const gradients = upload(numbers(2));
    gradients.delete('scale');
    expect(() => adamWStep(state, parameters, gradients, hyper(1))).toThrow(/gradient "scale"/);
    expect(() => adamWFromArrays(parameters, { m: new Map(), v: new Map() })).toThrow(
      /moment m of parameter "a"/,
    );
    expect(() => createAdamW(new Map())).toThrow(/no parameters/);
  });

  it('copyTensor gives memory of its own', async () => {
    const parameters = new Map<string, Tensor>([['w', tf.tensor([1, 2, 3])]]);
    const copy = copyTensor(parameters.get('w')!);
    const state = createAdamW(parameters);
    adamWStep(state, parameters, new Map([['w', tf.tensor([1, 1, 1])]]), hyper(1));
    expect(await copy.data()).toBeAllclose([1, 2, 3]);
    expect(await parameters.get('w')!.data()).not.toBeAllclose([1, 2, 3]);
    expect(await copyTensor(tf.tensor1d([1, -2], 'int32')).data()).toBeAllclose([1, -2]);
  });
});

describe('AdamW on webgpu', () => {
  it('takes three dispatches and writes in place, also after the values were read', async () => {
    await initBackend('webgpu');
    const parameters = upload(numbers(1));
    const state = createAdamW(parameters);
    const gradients = upload(numbers(2));
    const tensor = parameters.get('a')!;
    const before = await tensor.data();
    resetGpuStats();
    adamWStep(state, parameters, gradients, hyper(1));
    expect(gpuStats().dispatches).toBe(3);
    expect(parameters.get('a')).toBe(tensor);
    expect(await tensor.data()).not.toEqual(before);
  });
});
