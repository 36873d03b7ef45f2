import { beforeAll, describe, expect, it } from 'vitest';
import { treeAttention, treeAttentionPlain, uploadMask } from '../../src/kernels/tree-attention';
import { gpuStats, initBackend, resetGpuStats, type Tensor, type Tensor2D, tf } from '../../src/tf';
import { createRng, type Rng } from '../../src/util/rng';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

/** A forest of random trees, depth first: each node some tokens, then its children. */
const forest = (trees: number, rng: Rng, padding = 0) => {
  const visibleUntil: number[] = [];
  const treeStart: number[] = [];
  const node = (depth: number, start: number) => {
    const own: number[] = [];
    for (let n = 1 + rng.int(4); n > 0; n--) {
      own.push(visibleUntil.length);
      visibleUntil.push(0);
      treeStart.push(start);
    }
    for (let n = depth > 0 ? rng.int(4) : 0; n > 0; n--) node(depth - 1, start);
    for (const i of own) visibleUntil[i] = visibleUntil.length;
  };
  for (let t = 0; t < trees; t++) node(3, visibleUntil.length);
  for (let t = 0; t < padding; t++) {
    treeStart.push(visibleUntil.length);
    visibleUntil.push(visibleUntil.length + 1);
  }
  return { visibleUntil: Int32Array.from(visibleUntil), treeStart: Int32Array.from(treeStart) };
};

type Shape = { heads: number; kvHeads: number; size: number };
const setup = (mask: ReturnType<typeof forest>, { heads, kvHeads, size }: Shape, scale = 1) => {
  const n = mask.treeStart.length;
  const uploaded = uploadMask(mask);
  return {
    n,
    inputs: [
      randomTensor([n, heads * size], 1, scale),
      randomTensor([n, kvHeads * size], 2, scale),
      randomTensor([n, kvHeads * size], 3),
    ],
    fast: (...t: Tensor[]) => {
      const [q, k, v] = t as Tensor2D[];
      return treeAttention(q!, k!, v!, uploaded, { heads, kvHeads });
    },
    plain: (...t: Tensor[]) => {
      const [q, k, v] = t as Tensor2D[];
      return treeAttentionPlain(q!, k!, v!, uploaded, { heads, kvHeads });
    },
  };
};

describe.each(['webgpu', 'wasm'] as const)('treeAttention on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [{ heads: 1, kvHeads: 1, size: 2 }, 1],
    [{ heads: 4, kvHeads: 2, size: 8 }, 3],
    [{ heads: 6, kvHeads: 2, size: 6 }, 2],
    [{ heads: 3, kvHeads: 3, size: 36 }, 2],
    [{ heads: 2, kvHeads: 1, size: 128 }, 1],
  ])('equals the plain twin, values and gradients: %o', async (shape, trees) => {
    const { fast, plain, inputs } = setup(forest(trees, createRng(trees), 3), shape);
    const a = await valueAndGrads(fast, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, { rtol: 1e-4, atol: 1e-5 });
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], { rtol: 2e-4, atol: 2e-5 });
  });

  it('gives the value itself to a token alone', async () => {
    const { fast, inputs } = setup(forest(0, createRng(1), 5), { heads: 1, kvHeads: 1, size: 4 });
    const { value, grads } = await valueAndGrads(fast, inputs);
    expect(value).toBeAllclose((await inputs[2]!.data()) as Float32Array);
    expect(grads[0]).toBeAllclose(new Float32Array(20));
  });

  it('stays right on extreme scores', async () => {
    const { fast, plain, inputs } = setup(forest(2, createRng(4)), { heads: 1, kvHeads: 1, size: 4 }, 100);
    const a = await valueAndGrads(fast, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, { rtol: 1e-3, atol: 1e-3 });
    for (const g of a.grads) expect(g.every(Number.isFinite)).toBe(true);
  });

  it('has the gradient of finite differences', async () => {
    const { fast, inputs } = setup(forest(1, createRng(6)), { heads: 2, kvHeads: 1, size: 2 });
    const { grads } = await valueAndGrads(fast, inputs);
    for (const i of [0, 1, 2]) {
      expect(grads[i]).toBeAllclose(await finiteDifferences(fast, inputs, i), { rtol: 5e-3, atol: 3e-3 });
    }
  });

  it('does not let a hidden token matter', async () => {
    const mask = { visibleUntil: Int32Array.of(4, 3, 3, 4), treeStart: Int32Array.of(0, 0, 0, 0) };
    const { fast, inputs } = setup(mask, { heads: 1, kvHeads: 1, size: 2 });
    const before = (await fast(...inputs).data()) as Float32Array;
    const [q, k, v] = inputs as [Tensor, Tensor, Tensor];
    const branch = tf.tensor2d([0, 0, 7, -7, 3, 9, 0, 0], [4, 2]); // changes tokens 1 and 2 only
    const after = (await fast(q, tf.add(k, branch), tf.add(v, branch)).data()) as Float32Array;
    expect(after.slice(6)).toEqual(before.slice(6)); // token 3 is on the other branch
    expect(after.slice(2, 6)).not.toEqual(before.slice(2, 6));
  });

  it('repeats bit for bit', async () => {
    const { fast, inputs } = setup(forest(3, createRng(7)), { heads: 4, kvHeads: 1, size: 4 });
    const a = await valueAndGrads(fast, inputs);
    expect(await valueAndGrads(fast, inputs)).toEqual(a);
  });

  it('names what does not fit', () => {
    const mask = uploadMask(forest(0, createRng(1), 2));
    const t = tf.zeros([2, 6]) as Tensor2D;
    expect(() => treeAttention(t, t, t, mask, { heads: 3, kvHeads: 2 })).toThrow(/multiple of kvHeads/);
    expect(() => treeAttention(t, t, t, mask, { heads: 2, kvHeads: 2 })).toThrow(/even size/);
    expect(() => treeAttention(t, t, tf.zeros([3, 6]), mask, { heads: 1, kvHeads: 1 })).toThrow(/v must be/);
  });
});

describe('treeAttention', () => {
  it('takes one dispatch forward and two backward', async () => {
    await initBackend('webgpu');
    const { fast, inputs, n } = setup(forest(2, createRng(8)), { heads: 2, kvHeads: 1, size: 4 });
    const dy = randomTensor([n, 8], 9);
    const grads = tf.grads(fast);
    resetGpuStats();
    grads(inputs, dy);
    expect(gpuStats().dispatches).toBe(3);
  });
});
