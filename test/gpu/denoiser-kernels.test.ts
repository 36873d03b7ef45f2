import { beforeAll, describe, expect, it } from 'vitest';
import { gatedAdd, gatedAddPlain } from '../../src/kernels/gated-add';
import { groupAttention, groupAttentionPlain } from '../../src/kernels/group-attention';
import { modulatedNorm, modulatedNormPlain } from '../../src/kernels/modulated-norm';
import { silu, siluPlain } from '../../src/kernels/silu';
import { initBackend, type Tensor, type Tensor2D, tf } from '../../src/tf';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

type Op = (...inputs: Tensor[]) => Tensor;

interface Case {
  name: string;
  fast: Op;
  plain: Op;
  inputs: () => Tensor[];
}

const wide = (t: Tensor | undefined) => t as Tensor2D;

const norm = (rows: number, width: number, span: number, at: number, stride: number): Case => ({
  name: `modulatedNorm of [${rows}, ${width}] in spans of ${span}, from column ${at} of ${stride}`,
  fast: (x, m) => modulatedNorm(wide(x), wide(m), { span, at }),
  plain: (x, m) => modulatedNormPlain(wide(x), wide(m), { span, at }, 1e-5),
  inputs: () => [randomTensor([rows, width], 1, 2), randomTensor([rows / span, stride], 2)],
});

const gated = (rows: number, width: number, span: number, at: number, stride: number): Case => ({
  name: `gatedAdd of [${rows}, ${width}] in spans of ${span}, from column ${at} of ${stride}`,
  fast: (x, y, m) => gatedAdd(wide(x), wide(y), wide(m), { span, at }),
  plain: (x, y, m) => gatedAddPlain(wide(x), wide(y), wide(m), { span, at }),
  inputs: () => [
    randomTensor([rows, width], 1),
    randomTensor([rows, width], 2),
    randomTensor([rows / span, stride], 3),
  ],
});

const attention = (rows: number, heads: number, size: number, span: number): Case => ({
  name: `groupAttention of ${rows} rows in groups of ${span}, ${heads} heads of ${size}`,
  fast: (qkv) => groupAttention(wide(qkv), { heads, span }),
  plain: (qkv) => groupAttentionPlain(wide(qkv), { heads, span }),
  inputs: () => [randomTensor([rows, 3 * heads * size], 1, 1.5)],
});

const activation = (rows: number, width: number): Case => ({
  name: `silu of [${rows}, ${width}]`,
  fast: (x) => silu(wide(x)),
  plain: (x) => siluPlain(wide(x)),
  inputs: () => [randomTensor([rows, width], 1, 3)],
});

const small = [norm(4, 6, 2, 3, 16), gated(4, 3, 2, 2, 6), attention(6, 2, 2, 3), activation(3, 4)];
const cases = [
  ...small,
  norm(1, 1, 1, 0, 2),
  norm(70, 33, 7, 0, 66),
  norm(128, 48, 16, 144, 288),
  gated(1, 1, 1, 0, 1),
  gated(130, 5, 13, 10, 30),
  attention(1, 1, 2, 1),
  attention(48, 4, 12, 16),
  attention(35, 3, 6, 5),
  activation(65, 7),
];

describe.each(['webgpu', 'wasm'] as const)('kernels of the denoiser on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each(cases)('$name: equals the plain twin, values and gradients', async ({ fast, plain, inputs }) => {
    const given = inputs();
    const a = await valueAndGrads(fast, given);
    const b = await valueAndGrads(plain, given);
    expect(a.value).toBeAllclose(b.value, { rtol: 2e-5, atol: 4e-6 });
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], { rtol: 2e-4, atol: 3e-5 });
  });

  it.each(small)('$name: has the gradient of finite differences', async ({ fast, inputs }) => {
    const given = inputs();
    const { grads } = await valueAndGrads(fast, given);
    for (const i of given.keys()) {
      expect(grads[i]).toBeAllclose(await finiteDifferences(fast, given, i), { rtol: 5e-3, atol: 5e-3 });
    }
  });

  it('silu is right far from 0, and finite', async () => {
    const x = tf.tensor2d([[-1e30, -200, -88.5, 0, 88.5, 200, 1e30]]);
    const { value, grads } = await valueAndGrads((t) => silu(wide(t)), [x]);
    expect(value).toBeAllclose([0, 0, 0, 0, 88.5, 200, 1e30], { atol: 1e-5 });
    expect([...grads[0]!].every(Number.isFinite)).toBe(true);
  });

  it('attention is finite where one score is far above the others', async () => {
    const qkv = tf.mul(randomTensor([8, 12], 3), 200);
    const { value, grads } = await valueAndGrads(
      (t) => groupAttention(wide(t), { heads: 2, span: 4 }),
      [qkv],
    );
    expect([...value, ...grads[0]!].every(Number.isFinite)).toBe(true);
  });

  it('leaks nothing and repeats bit for bit', async () => {
    for (const { fast, inputs } of small) {
      const given = inputs();
      const first = await valueAndGrads(fast, given);
      const before = tf.memory().numTensors;
      expect(await valueAndGrads(fast, given)).toEqual(first);
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});

describe('kernels of the denoiser', () => {
  it('say what does not fit', () => {
    const x = tf.zeros([4, 3]) as Tensor2D;
    const m = tf.zeros([2, 5]) as Tensor2D;
    expect(() => modulatedNorm(x, m, { span: 2, at: 0 })).toThrow(/columns 0 to 6 are read.*has 5/);
    expect(() => gatedAdd(x, x, m, { span: 4, at: 0 })).toThrow(/modulation must be float32 \[1, \*\]/);
    expect(() => groupAttention(tf.zeros([4, 9]), { heads: 1, span: 2 })).toThrow(/even size/);
    expect(() => groupAttention(tf.zeros([5, 12]), { heads: 2, span: 2 })).toThrow(/5 rows/);
  });
});
