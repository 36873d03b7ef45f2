import { beforeAll, describe, expect, it } from 'vitest';
import { embedding, embeddingOrder, embeddingPlain, uploadEmbeddingOrder } from '../../src/kernels/embedding';
import { unpackMatrix } from '../../src/kernels/gather-packed';
import { unpackRows } from '../../src/kernels/packed-format';
import { disposePacked, uploadPacked } from '../../src/kernels/packed-matrix';
import { initBackend, type Tensor, type Tensor2D, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { randomTensor, valueAndGrads } from '../support/gradients';
import { randomPacked } from '../support/random-packed';

describe.each(['webgpu', 'wasm'] as const)('embedding on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [1, 1, 1],
    [5, 11, 3],
    [32, 150, 17],
  ])(
    'equals the plain twin with %i rows, %i tokens, width %i, with and without an order',
    async (vocab, n, d) => {
      const rng = createRng(1);
      const ids = Int32Array.from({ length: n }, () => rng.int(vocab));
      const tokens = tf.tensor1d(ids, 'int32');
      const order = uploadEmbeddingOrder(embeddingOrder(ids, vocab));
      const table = randomTensor([vocab, d], 2);
      const plain = await valueAndGrads((t) => embeddingPlain(t as Tensor2D, tokens), [table]);
      for (const given of [order, undefined]) {
        const f = (t: Tensor) => embedding(t as Tensor2D, tokens, given);
        const fast = await valueAndGrads(f, [table]);
        expect(fast.value).toEqual(plain.value);
        expect(fast.grads[0]).toBeAllclose(plain.grads[0], { rtol: 1e-5, atol: 1e-5 });
        expect((await valueAndGrads(f, [table])).grads).toEqual(fast.grads);
      }
    },
  );

  it.each(['f16', 'int8', 'int4'] as const)('reads a packed %s table, without a gradient', async (format) => {
    const rng = createRng(2);
    for (const [block, width] of [
      [32, 64],
      [16, 48],
    ] as const) {
      const arrays = randomPacked(rng, format, [9, width], block);
      const [table, whole] = [uploadPacked(arrays), unpackRows(arrays)];
      const tokens = tf.tensor1d([8, 0, 3, 3], 'int32');
      const expected = [8, 0, 3, 3].flatMap((t) => [...whole.subarray(t * width, (t + 1) * width)]);
      expect(await embedding(table, tokens).data()).toBeAllclose(expected, { rtol: 1e-6, atol: 1e-7 });
      expect(await embeddingPlain(table, tokens).data()).toBeAllclose(expected, { rtol: 1e-6, atol: 1e-7 });
      const x = randomTensor([4, width], 3);
      const dx = tf.grad((t) => tf.sum(tf.mul(embedding(table, tokens), t)))(x);
      expect(await dx.data()).toBeAllclose(expected, { rtol: 1e-6, atol: 1e-7 });
      expect(await unpackMatrix(table).data()).toBeAllclose(whole, { rtol: 1e-6, atol: 1e-7 });
      disposePacked(table);
    }
  });
});
