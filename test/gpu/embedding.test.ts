import { beforeAll, describe, expect, it } from 'vitest';
import { embedding, embeddingOrder, embeddingPlain, uploadEmbeddingOrder } from '../../src/kernels/embedding';
import { initBackend, type Tensor, type Tensor2D, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { randomTensor, valueAndGrads } from '../support/gradients';

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
});
