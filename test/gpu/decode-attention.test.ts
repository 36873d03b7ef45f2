import { beforeAll, describe, expect, it } from 'vitest';
import {
  decodeAttention,
  decodeAttentionPlain,
  decodeWithShader,
  writeCache,
  writeCachePlain,
} from '../../src/kernels/decode-attention';
import { withPlainKernels } from '../../src/kernels/op';
import { treeAttention, uploadMask } from '../../src/kernels/tree-attention';
import { initBackend, type Tensor2D, tf } from '../../src/tf';
import { randomTensor } from '../support/gradients';

const random = (shape: [number, number], seed: number) => randomTensor(shape, seed) as Tensor2D;

describe.each(['webgpu', 'wasm'] as const)('decodeAttention on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [1, 1, 1, 1, 2],
    [3, 7, 4, 2, 8],
    [5, 9, 3, 1, 6],
  ])(
    'equals the plain twin: %i sequences, %i rows, %i heads over %i, D = %i',
    async (b, t, heads, kvHeads, d) => {
      const q = random([b, heads * d], 1);
      const k = random([b * t, kvHeads * d], 2);
      const v = random([b * t, kvHeads * d], 3);
      const length = tf.tensor1d(
        Array.from({ length: b }, (_, i) => (i * 3 + 1) % (t + 1)),
        'int32',
      );
      const fast = await decodeAttention(q, k, v, length, { heads, kvHeads }).data();
      const plain = await decodeAttentionPlain(q, k, v, length, { heads, kvHeads }).data();
      expect(fast).toBeAllclose(plain, { rtol: 1e-4, atol: 1e-5 });
    },
  );

  it('gives zeros for an empty cache', async () => {
    const length = tf.tensor1d([0], 'int32');
    const out = decodeAttention(random([1, 4], 1), random([3, 4], 2), random([3, 4], 3), length, {
      heads: 2,
      kvHeads: 2,
    });
    expect(await out.data()).toBeAllclose([0, 0, 0, 0]);
  });

  it('token by token equals treeAttention over the whole text', async () => {
    const [t, shape] = [6, { heads: 4, kvHeads: 2 }];
    const [q, k, v] = [random([t, 16], 1), random([t, 8], 2), random([t, 8], 3)];
    const mask = uploadMask({ visibleUntil: new Int32Array(t).fill(t), treeStart: new Int32Array(t) });
    const whole = (await treeAttention(q, k, v, mask, shape).data()) as Float32Array;
    let kCache = tf.zeros([8, 8]) as Tensor2D;
    let vCache = tf.zeros([8, 8]) as Tensor2D;
    for (let i = 0; i < t; i++) {
      const at = tf.tensor1d([i], 'int32');
      const row = (x: Tensor2D) => tf.slice(x, [i, 0], [1, x.shape[1]]);
      kCache = writeCache(kCache, row(k), at);
      vCache = writeCache(vCache, row(v), at);
      const out = decodeAttention(row(q), kCache, vCache, tf.tensor1d([i + 1], 'int32'), shape);
      expect(await out.data()).toBeAllclose(whole.slice(i * 16, (i + 1) * 16), { rtol: 1e-4, atol: 1e-5 });
    }
  });

  it('writes rows where they belong and nowhere else', async () => {
    const rows = random([2, 3], 5);
    const index = tf.tensor1d([4, 1], 'int32');
    const cache = random([6, 3], 6);
    const expected = await writeCachePlain(cache, rows, index).data();
    expect(writeCache(cache, rows, index)).toBe(cache);
    expect(await cache.data()).toBeAllclose(expected);
    writeCache(cache, rows, tf.tensor1d([-1, 6], 'int32')); // outside: left out
    expect(await cache.data()).toBeAllclose(expected);
  });

  it('replaces the cache when writing in place is not to be had', async () => {
    const cache = random([3, 2], 1);
    const next = withPlainKernels(() => writeCache(cache, tf.ones([1, 2]), tf.tensor1d([1], 'int32')));
    expect(cache.isDisposed).toBe(true);
    expect((await next.data()).slice(2, 4)).toBeAllclose([1, 1]);
  });
});

describe('decodeAttention with a workgroup per head, as on real GPUs', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });

  it.each([
    [1, 1, 1, 1, 2],
    [2, 130, 4, 2, 8],
    [3, 70, 3, 1, 6],
    [2, 65, 2, 1, 80],
    [1, 9, 2, 2, 64],
  ])(
    'equals the plain twin: %i sequences, %i rows, %i heads over %i, D = %i',
    async (b, t, heads, kvHeads, d) => {
      const q = random([b, heads * d], 1);
      const k = random([b * t, kvHeads * d], 2);
      const v = random([b * t, kvHeads * d], 3);
      const lengths = Array.from({ length: b }, (_, i) => (i === 0 ? t : (i * 47) % (t + 1)));
      const length = tf.tensor1d(lengths, 'int32');
      const fast = await decodeWithShader(q, k, v, length, { heads, kvHeads }, true).data();
      const plain = await decodeAttentionPlain(q, k, v, length, { heads, kvHeads }).data();
      expect(fast).toBeAllclose(plain, { rtol: 1e-4, atol: 1e-5 });
    },
  );

  it('gives zeros for an empty cache', async () => {
    const [q, cache] = [random([2, 8], 1), random([6, 8], 2)];
    const out = decodeWithShader(
      q,
      cache,
      cache,
      tf.tensor1d([0, 3], 'int32'),
      { heads: 2, kvHeads: 2 },
      true,
    );
    const values = await out.data();
    expect(Array.from(values.slice(0, 8))).toEqual(new Array(8).fill(0));
    expect(values.slice(8).every((x) => x !== 0)).toBe(true);
  });
});
