import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelChoice, resetKernelChoices, setKernelChoice } from '../../src/kernels/kernel-choice';
import type { LinearOptions } from '../../src/kernels/linear';
import { linear, linearPlain } from '../../src/kernels/linear';
import { unpackRows } from '../../src/kernels/packed-format';
import type { PackedMatrix } from '../../src/kernels/packed-matrix';
import { uploadPacked } from '../../src/kernels/packed-matrix';
import type { Tensor, Tensor1D, Tensor2D } from '../../src/tf';
import { gpuStats, guardGpu, initBackend, resetGpuStats, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';
import { randomPacked } from '../support/random-packed';

const rng = createRng(8);
let seed = 0;
const random2 = (m: number, n: number) => randomTensor([m, n], ++seed) as Tensor2D;

interface Shape {
  m: number;
  width: number;
  out: number;
  r: number;
}

/** linear as a function of the tensors that have gradients: x, A, B, then bias and residual if there are any. */
const asFunction =
  (w: Tensor2D | PackedMatrix, f: typeof linear, more: Partial<LinearOptions['lora']> = {}) =>
  ([x, a, b, ...extra]: Tensor[]): Tensor => {
    const options = Object.fromEntries(extra.map((t) => [t.rank === 1 ? 'bias' : 'residual', t]));
    const lora = { a: a as Tensor2D, b: b as Tensor2D, scale: 1.75, ...more };
    return f(x as Tensor2D, w, { ...options, lora });
  };

const inputsOf = ({ m, width, out, r }: Shape, extra: boolean): Tensor[] => [
  random2(m, width),
  random2(r, width),
  random2(out, r),
  ...(extra ? [randomTensor([out], ++seed), random2(m, out)] : []),
];

const closeAll = (ours: Float32Array[], theirs: Float32Array[]) => {
  for (const [i, values] of ours.entries()) {
    let top = 0;
    for (const v of theirs[i]!) top = Math.max(top, Math.abs(v));
    expect(values).toBeAllclose(theirs[i], { rtol: 0, atol: 1e-5 * top });
  }
};

const compare = async (
  fast: (inputs: Tensor[]) => Tensor,
  plain: (inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
) => {
  const a = await valueAndGrads((...xs) => fast(xs), inputs);
  const b = await valueAndGrads((...xs) => plain(xs), inputs);
  closeAll([a.value, ...a.grads], [b.value, ...b.grads]);
};

const shapes: Shape[] = [
  { m: 1, width: 32, out: 5, r: 1 },
  { m: 3, width: 64, out: 33, r: 3 },
  { m: 17, width: 96, out: 1, r: 8 },
  { m: 70, width: 64, out: 130, r: 17 },
];

const compareShape = async (shape: Shape, extra: boolean) => {
  const inputs = inputsOf(shape, extra);
  const packed = randomPacked(rng, 'int4', [shape.out, shape.width]);
  const whole = tf.tensor2d(unpackRows(packed), packed.shape);
  await compare(asFunction(uploadPacked(packed), linear), asFunction(whole, linearPlain), inputs);
  // with a weight that is trained as well
  const withWeight = (f: typeof linear) => (xs: Tensor[]) => asFunction(xs[0] as Tensor2D, f)(xs.slice(1));
  await compare(withWeight(linear), withWeight(linearPlain), [whole, ...inputs]);
};

describe('on our own GPU', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });
  afterAll(() => resetKernelChoices());

  describe.each(['subgroup', 'tiled'] as const)('%s variant', (variant) => {
    beforeAll(() => {
      expect(setKernelChoice({ ...kernelChoice(), matmul: variant })).toBe(true);
    });

    it.each(shapes)('is its twin at %o', (shape) => guardGpu(() => compareShape(shape, shape.m === 3)));

    it('agrees with finite differences', () =>
      guardGpu(async () => {
        const inputs = inputsOf({ m: 2, width: 32, out: 3, r: 2 }, false);
        const w = uploadPacked(randomPacked(rng, 'int8', [3, 32]));
        const f = (...xs: Tensor[]) => asFunction(w, linear)(xs);
        const { grads } = await valueAndGrads(f, inputs);
        for (const i of [1, 2]) {
          expect(grads[i]).toBeAllclose(await finiteDifferences(f, inputs, i), { rtol: 2e-3, atol: 1e-2 });
        }
      }));

    it('reads no NaN of a recycled buffer', () =>
      guardGpu(async () => {
        for (const size of [3 * 3, 33 * 3, 3 * 64, 3 * 33]) tf.fill([size], Number.NaN).dispose();
        await compareShape(shapes[1]!, false);
      }));
  });

  it('takes two dispatches forward, and backward only those that are wanted', () =>
    guardGpu(async () => {
      const [x, a, b] = inputsOf({ m: 4, width: 64, out: 32, r: 3 }, false) as [Tensor2D, Tensor2D, Tensor2D];
      const w = uploadPacked(randomPacked(rng, 'int4', [32, 64]));
      const dy = random2(4, 32);
      const count = async (f: () => Tensor[]) => {
        for (const t of f()) await t.data(); // compiles, and uploads
        resetGpuStats();
        tf.dispose(tf.tidy(f));
        return gpuStats().dispatches;
      };
      const y = (p: Tensor, q: Tensor, r: Tensor) => asFunction(w, linear)([p, q, r]);
      expect(await count(() => [y(x, a, b)])).toBe(2);
      expect(await count(() => [tf.grad((p) => y(p, a, b))(x, dy)])).toBe(4); // dU, dX
      expect(await count(() => [tf.grad((q) => y(x, q, b))(a, dy)])).toBe(4); // dU, dA
      expect(await count(() => [tf.grad((r) => y(x, a, r))(b, dy)])).toBe(3); // dB
      expect(await count(() => tf.grads((p, q, r) => y(p!, q!, r!))([x, a, b], dy))).toBe(6);
    }));

  it('repeats bit for bit, and holds the same bytes step after step', () =>
    guardGpu(async () => {
      const inputs = inputsOf({ m: 17, width: 64, out: 33, r: 5 }, false);
      const w = uploadPacked(randomPacked(rng, 'int4', [33, 64]));
      const dropped = asFunction(w, linear, { dropout: { rate: 0.25, seed: 3 } });
      const f = (...xs: Tensor[]) => tf.tidy(() => dropped(xs));
      const once = () => valueAndGrads(f, inputs);
      const first = await once();
      await once();
      const [{ numTensors }, { allocatedBytes, bytes }] = [tf.memory(), gpuStats()];
      for (let i = 0; i < 3; i++) expect(await once()).toEqual(first);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(gpuStats()).toMatchObject({ allocatedBytes, bytes });
    }));

  it('lets A see a dropped x, and the weight the whole of it', () =>
    guardGpu(async () => {
      const inputs = inputsOf({ m: 5, width: 64, out: 33, r: 3 }, true);
      const packed = randomPacked(rng, 'f16', [33, 64]);
      const more = { dropout: { rate: 0.5, seed: 77 } };
      const whole = tf.tensor2d(unpackRows(packed), packed.shape);
      const [fast, plain] = [
        asFunction(uploadPacked(packed), linear, more),
        asFunction(whole, linearPlain, more),
      ];
      await compare(fast, plain, inputs);
      const [kept, other] = [fast(inputs), asFunction(whole, linear)(inputs)];
      expect(await kept.data()).not.toBeAllclose(await other.data(), { rtol: 1e-2 });
    }));
});

describe('without shaders', () => {
  it.each(['wasm', 'cpu'] as const)('%s agrees with the twin', async (backend) => {
    await initBackend(backend);
    for (const shape of shapes) await compareShape(shape, true);
  });

  it('refuses what does not fit, by name', () => {
    const [x, a, b] = inputsOf({ m: 2, width: 4, out: 3, r: 2 }, false) as [Tensor2D, Tensor2D, Tensor2D];
    const w = random2(3, 4);
    expect(() => linear(x, w, { lora: { a: random2(2, 5), b, scale: 1 } })).toThrow(
      /lora.a must be float32 \[\*, 4\]/,
    );
    expect(() => linear(x, w, { lora: { a, b: random2(3, 1), scale: 1 } })).toThrow(
      /lora.b must be float32 \[3, 2\]/,
    );
    expect(() => linear(x, w, { bias: randomTensor([2], 1) as Tensor1D, lora: { a, b, scale: 1 } })).toThrow(
      /bias/,
    );
  });
});
