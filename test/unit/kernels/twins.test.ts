import { beforeAll, describe, expect, it } from 'vitest';
import { copyTensor } from '../../../src/kernels/copy-tensor';
import { decodeAttention, decodeAttentionPlain } from '../../../src/kernels/decode-attention';
import { embedding, embeddingOrder, embeddingPlain } from '../../../src/kernels/embedding';
import { gelu, geluPlain } from '../../../src/kernels/gelu';
import { layerNorm, layerNormPlain } from '../../../src/kernels/layer-norm';
import { linearKl, linearKlPlain } from '../../../src/kernels/linear-kl';
import { linearSquares, linearSquaresPlain } from '../../../src/kernels/linear-squares';
import { rmsNorm, rmsNormPlain } from '../../../src/kernels/rms-norm';
import { rope, ropePlain } from '../../../src/kernels/rope';
import { inverseFrequencies, makeRopeTable } from '../../../src/kernels/rope-table';
import { swiglu, swigluPlain } from '../../../src/kernels/swiglu';
import { treeAttention, treeAttentionPlain, uploadMask } from '../../../src/kernels/tree-attention';
import { initBackend, type Tensor, type Tensor1D, type Tensor2D, tf } from '../../../src/tf';
import { finiteDifferences, randomTensor, valueAndGrads } from '../../support/gradients';

beforeAll(async () => {
  await initBackend('cpu');
});

type F = (...inputs: Tensor[]) => Tensor;
/** A forest of two trees: a root of two tokens with branches of one and two, and a token alone. */
const mask = () =>
  uploadMask({ visibleUntil: Int32Array.of(5, 5, 3, 5, 5, 6), treeStart: Int32Array.of(0, 0, 0, 0, 0, 5) });
const heads = { heads: 2, kvHeads: 1 };
const tokens = () => tf.tensor1d([2, 0, 2, 1], 'int32');
const turns = makeRopeTable(inverseFrequencies(4, 100), 64);
const position = () => tf.tensor1d([0, 3, 40], 'int32');

const side = (hidden: Tensor, head: Tensor) => ({ hidden: hidden as Tensor2D, head: head as Tensor2D });
const other = () => side(randomTensor([3, 5], 7), randomTensor([9, 5], 8));
const states = () => [randomTensor([3, 5], 5), randomTensor([9, 5], 6)];

const cases: [string, F, F, () => Tensor[]][] = [
  [
    'linearKl(policy || reference)',
    (x, w) => linearKl(side(x!, w!), other(), 'policy||reference'),
    (x, w) => linearKlPlain(side(x!, w!), other(), 'policy||reference'),
    states,
  ],
  [
    'linearKl(reference || policy)',
    (x, w) => linearKl(side(x!, w!), other(), 'reference||policy'),
    (x, w) => linearKlPlain(side(x!, w!), other(), 'reference||policy'),
    states,
  ],
  [
    'linearSquares',
    (x, w) => linearSquares(side(x!, w!)),
    (x, w) => linearSquaresPlain(side(x!, w!)),
    states,
  ],
  [
    'rmsNorm',
    (x, w) => rmsNorm(x as Tensor2D, w as Tensor1D, 1e-5),
    (x, w) => rmsNormPlain(x as Tensor2D, w as Tensor1D, 1e-5),
    () => [randomTensor([3, 5], 1), randomTensor([5], 2)],
  ],
  [
    'layerNorm',
    (x, g, b) => layerNorm(x as Tensor2D, g as Tensor1D, b as Tensor1D, 1e-5),
    (x, g, b) => layerNormPlain(x as Tensor2D, g as Tensor1D, b as Tensor1D, 1e-5),
    () => [randomTensor([3, 5], 1), randomTensor([5], 2), randomTensor([5], 3)],
  ],
  [
    'gelu',
    (x) => gelu(x as Tensor2D, 'erf'),
    (x) => geluPlain(x as Tensor2D, 'erf'),
    () => [randomTensor([2, 5], 1, 2)],
  ],
  [
    'gelu by tanh',
    (x) => gelu(x as Tensor2D, 'tanh'),
    (x) => geluPlain(x as Tensor2D, 'tanh'),
    () => [randomTensor([2, 5], 1, 2)],
  ],
  [
    'swiglu',
    (g, u) => swiglu(g as Tensor2D, u as Tensor2D),
    (g, u) => swigluPlain(g as Tensor2D, u as Tensor2D),
    () => [randomTensor([2, 3], 1), randomTensor([2, 3], 2)],
  ],
  [
    'rope',
    (x) => rope(x as Tensor2D, position(), turns),
    (x) => ropePlain(x as Tensor2D, position(), turns),
    () => [randomTensor([3, 8], 1)],
  ],
  [
    'embedding',
    (t) => embedding(t as Tensor2D, tokens()),
    (t) => embeddingPlain(t as Tensor2D, tokens()),
    () => [randomTensor([4, 3], 1)],
  ],
  [
    'treeAttention',
    (q, k, v) => treeAttention(q as Tensor2D, k as Tensor2D, v as Tensor2D, mask(), heads),
    (q, k, v) => treeAttentionPlain(q as Tensor2D, k as Tensor2D, v as Tensor2D, mask(), heads),
    () => [randomTensor([6, 8], 1), randomTensor([6, 4], 2), randomTensor([6, 4], 3)],
  ],
  [
    'treeAttention with heads of 6',
    (q, k, v) => treeAttention(q as Tensor2D, k as Tensor2D, v as Tensor2D, mask(), heads),
    (q, k, v) => treeAttentionPlain(q as Tensor2D, k as Tensor2D, v as Tensor2D, mask(), heads),
    () => [randomTensor([6, 12], 1), randomTensor([6, 6], 2), randomTensor([6, 6], 3)],
  ],
];

describe.each(cases)('%s', (_, fast, plain, makeInputs) => {
  it('equals its twin, values and gradients', async () => {
    const inputs = makeInputs();
    const a = await valueAndGrads(fast, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value);
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], { rtol: 1e-4, atol: 2e-6 });
  });

  it('has a twin whose gradient is that of finite differences', async () => {
    const inputs = makeInputs();
    const { grads } = await valueAndGrads(plain, inputs);
    for (const [i, g] of grads.entries()) {
      expect(g).toBeAllclose(await finiteDifferences(plain, inputs, i), { rtol: 5e-3, atol: 3e-3 });
    }
  });
});

describe('decodeAttention', () => {
  it('equals its twin, also with an empty cache', async () => {
    const q = randomTensor([3, 16], 1) as Tensor2D;
    const [k, v] = [randomTensor([15, 8], 2) as Tensor2D, randomTensor([15, 8], 3) as Tensor2D];
    const length = tf.tensor1d([5, 0, 2], 'int32');
    const shape = { heads: 4, kvHeads: 2 };
    const fast = await decodeAttention(q, k, v, length, shape).data();
    expect(fast).toBeAllclose(await decodeAttentionPlain(q, k, v, length, shape).data());
    expect(fast.slice(16, 32)).toBeAllclose(new Float32Array(16));
    expect(() => decodeAttention(q, k, v, length, { heads: 4, kvHeads: 3 })).toThrow(/even size over 3/);
  });
});

describe('treeAttentionPlain', () => {
  it('follows the rule treeStart[i] <= j <= i < visibleUntil[j]', async () => {
    // with queries of zero a token takes the mean of the values that it sees
    const v = tf.tensor2d([1, 0, 2, 0, 4, 0, 8, 0, 16, 0, 32, 0], [6, 2]);
    const zeros = tf.zeros([6, 2]) as Tensor2D;
    const out = await treeAttentionPlain(zeros, zeros, v, mask(), { heads: 1, kvHeads: 1 }).data();
    const means = [1, 3 / 2, 7 / 3, 11 / 3, 27 / 4, 32];
    expect(Array.from(out).filter((_, i) => i % 2 === 0)).toBeAllclose(means);
  });
});

describe('rmsNormPlain', () => {
  it('gives rows a root mean square of 1', async () => {
    const out = await rmsNormPlain(tf.tensor2d([[3, 4]]), tf.tensor1d([1, 10]), 0).data();
    const rms = Math.sqrt(25 / 2);
    expect(out).toBeAllclose([3 / rms, 40 / rms]);
  });
});

describe('ropePlain', () => {
  it('turns the pair (i, i + D/2) by position times theta^(-2i/D)', async () => {
    const out = await ropePlain(tf.tensor2d([[1, 1, 0, 0]]), tf.tensor1d([5], 'int32'), turns).data();
    expect(out).toBeAllclose([Math.cos(5), Math.cos(0.5), Math.sin(5), Math.sin(0.5)]);
  });
});

describe('embeddingOrder', () => {
  it('lists the positions of each token', () => {
    const order = embeddingOrder(Int32Array.of(2, 0, 2, 3), 5);
    expect([...order.start]).toEqual([0, 1, 1, 3, 4, 4]);
    expect([...order.index]).toEqual([1, 0, 2, 3]);
  });

  it('names a token outside the vocabulary', () => {
    expect(() => embeddingOrder(Int32Array.of(0, 7), 5)).toThrow(
      /tokens\[1\] is 7, outside the vocabulary of 5/,
    );
    expect(() => embeddingOrder(Int32Array.of(-1), 5)).toThrow(RangeError);
  });
});

describe('copyTensor', () => {
  it('does not share memory, as a clone does', async () => {
    const source = tf.tensor1d([1, 2]);
    const copy = copyTensor(source);
    expect(copy.dataId).not.toBe(source.dataId);
    expect(source.clone().dataId).toBe(source.dataId);
    expect(await copy.data()).toBeAllclose([1, 2]);
  });
});
