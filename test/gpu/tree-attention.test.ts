import { beforeAll, describe, expect, it } from 'vitest';
import type { AttentionTile } from '../../src/kernels/attention-tile';
import { treeAttention, treeAttentionPlain, uploadMask } from '../../src/kernels/tree-attention';
import { tiledAttentionOp } from '../../src/kernels/tree-attention-tiled';
import {
  gpuStats,
  guardGpu,
  initBackend,
  resetGpuStats,
  submitLimit,
  type Tensor,
  type Tensor2D,
  tf,
} from '../../src/tf';
import { createRng, type Rng } from '../../src/util/rng';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

/** A forest of random trees, depth first: each node up to `longest` tokens, then its children. */
const forest = (trees: number, rng: Rng, padding = 0, longest = 4) => {
  const visibleUntil: number[] = [];
  const treeStart: number[] = [];
  const node = (depth: number, start: number) => {
    const own: number[] = [];
    for (let n = 1 + rng.int(longest); n > 0; n--) {
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

const onePath = (n: number) => ({
  visibleUntil: new Int32Array(n).fill(n),
  treeStart: new Int32Array(n),
});

type Shape = { heads: number; kvHeads: number; size: number };
const setup = (mask: ReturnType<typeof forest>, { heads, kvHeads, size }: Shape, scale = 1) => {
  const n = mask.treeStart.length;
  const uploaded = uploadMask(mask);
  return {
    n,
    /** By tiles, as on a real GPU: these kernels run on any. */
    tiled:
      (tile: AttentionTile, shares = 1) =>
      (...t: Tensor[]) => {
        const [q, k, v] = t as Tensor2D[];
        const attrs = { heads, kvHeads, pairs: uploaded.pairs!, shares };
        const { visibleUntil, treeStart } = uploaded;
        const tiles = { forward: tile, query: tile, key: tile };
        return tiledAttentionOp({ q: q!, k: k!, v: v!, visibleUntil, treeStart }, { ...attrs, tiles })[0]!;
      },
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

describe('treeAttention by tiles', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });
  const small = { rows: 4, columns: 4, deep: 4 };
  const shape = { heads: 4, kvHeads: 2, size: 8 };

  it.each([
    ['subtrees to pass over, queries in shares', forest(6, createRng(3), 9, 9), shape, small, 3],
    ['one path, and a last block that is not full', onePath(70), shape, small, 1],
    [
      'halves of vectors, more of them than columns, eight rows per thread',
      forest(3, createRng(5), 2, 9),
      { heads: 3, kvHeads: 1, size: 18 },
      { ...small, deep: 8 },
      2,
    ],
  ])('equals the plain twin, values and gradients: %s', async (_, mask, shape, tile, shares) => {
    const { tiled, plain, inputs } = setup(mask, shape);
    const a = await guardGpu(() => valueAndGrads(tiled(tile, shares), inputs));
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, { rtol: 1e-4, atol: 1e-5 });
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], { rtol: 2e-4, atol: 2e-5 });
  });

  it('stays right on extreme scores', async () => {
    const { tiled, plain, inputs } = setup(forest(2, createRng(4)), shape, 100);
    const a = await valueAndGrads(tiled(small), inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, { rtol: 1e-3, atol: 1e-3 });
    for (const g of a.grads) expect(g.every(Number.isFinite)).toBe(true);
  });

  it('repeats bit for bit, in one command buffer and in many', async () => {
    const { tiled, inputs } = setup(forest(6, createRng(3), 9, 9), shape);
    const whole = await valueAndGrads(tiled(small, 3), inputs);
    expect(await valueAndGrads(tiled(small, 3), inputs)).toEqual(whole);
    const { work } = submitLimit;
    submitLimit.work = 100_000;
    try {
      expect(await guardGpu(() => valueAndGrads(tiled(small, 3), inputs))).toEqual(whole);
    } finally {
      submitLimit.work = work;
    }
  });

  it('leaves a frozen key alone: one dispatch forward, one backward', () => {
    const { tiled, inputs, n } = setup(onePath(70), shape);
    const [q, k, v] = inputs as [Tensor, Tensor, Tensor];
    const dy = randomTensor([n, 32], 9);
    const grad = tf.grads((x) => tiled(small)(x!, k, v));
    resetGpuStats();
    grad([q], dy);
    expect(gpuStats().dispatches).toBe(2);
  });
});
