import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kernelChoice, resetKernelChoices, setKernelChoice } from '../../src/kernels/kernel-choice';
import { linearKl, linearKlPlain } from '../../src/kernels/linear-kl';
import { linearSquares, linearSquaresPlain } from '../../src/kernels/linear-squares';
import { withPlainKernels } from '../../src/kernels/op';
import { unpackRows } from '../../src/kernels/packed-format';
import { disposePacked, uploadPacked } from '../../src/kernels/packed-matrix';
import type { Side } from '../../src/kernels/streamed-rows';
import { chunkColumns } from '../../src/kernels/vocabulary-chunks';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '../../src/tf';
import { gpuStats, guardGpu, initBackend, resetGpuStats, tf, trimGpuPool } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { finiteDifferences, valueAndGrads } from '../support/gradients';
import { randomPacked } from '../support/random-packed';

const rng = createRng(23);
const random = (m: number, n: number, scale = 1) =>
  tf.tensor2d(
    Float32Array.from({ length: m * n }, () => scale * (rng.next() * 2 - 1)),
    [m, n],
  );
const integers = (m: number, n: number, scale: number) => tf.round(random(m, n, scale)) as Tensor2D;

type Op = (policy: Side, reference: Side) => Tensor1D;
const cases: [name: string, op: Op, plain: Op][] = [
  [
    'KL(policy || reference)',
    (p, q) => linearKl(p, q, 'policy||reference'),
    (p, q) => linearKlPlain(p, q, 'policy||reference'),
  ],
  [
    'KL(reference || policy)',
    (p, q) => linearKl(p, q, 'reference||policy'),
    (p, q) => linearKlPlain(p, q, 'reference||policy'),
  ],
  ['log sum of squares', (p) => linearSquares(p), (p) => linearSquaresPlain(p)],
];

/** log softmax of each row in double precision, from products in double precision. */
const logSoftmaxOf = async ({ hidden, head }: { hidden: Tensor2D; head: Tensor2D }) => {
  const [x, w, d, V] = [await hidden.data(), await head.data(), hidden.shape[1], head.shape[0]];
  return Array.from({ length: hidden.shape[0] }, (_, r) => {
    const logits = Array.from({ length: V }, (_v, v) => {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += x[r * d + c]! * w[v * d + c]!;
      return sum;
    });
    const top = Math.max(...logits);
    const logSum = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0));
    return logits.map((z) => z - top - logSum);
  });
};

const divergenceOf = (p: number[][], q: number[][]) =>
  p.map((row, r) => row.reduce((sum, logP, v) => sum + Math.exp(logP) * (logP - q[r]![v]!), 0));

describe.each(['webgpu', 'wasm', 'cpu'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });
  afterEach(() => resetKernelChoices());

  describe.each(cases)('%s', (_name, op, plain) => {
    it.each([
      [3, 47, 31],
      [17, 8, 123],
      [1, 3, 1],
      [33, 4, 4500], // several chunks of the vocabulary, the last one narrower
    ])('is its twin in value and gradient at [%i, %i] x %i', (R, d, V) =>
      guardGpu(async () => {
        const [hidden, head] = [random(R, d), random(V, d)];
        const reference = { hidden: random(R, d), head: random(V, d) };
        const f = (of: Op) => (h: Tensor, w: Tensor) =>
          of({ hidden: h as Tensor2D, head: w as Tensor2D }, reference);
        const ours = await valueAndGrads(f(op), [hidden, head]);
        const theirs = await valueAndGrads(f(plain), [hidden, head]);
        expect(ours.value).toBeAllclose(theirs.value, { rtol: 2e-5, atol: 2e-6 });
        for (const i of [0, 1])
          expect(ours.grads[i]).toBeAllclose(theirs.grads[i]!, { rtol: 2e-4, atol: 2e-5 }); // sums of 4500 in f32
      }),
    );

    it('agrees with finite differences', () =>
      guardGpu(async () => {
        const inputs = [random(3, 4), random(9, 4)];
        const reference = { hidden: random(3, 4), head: random(9, 4) };
        const f = (h: Tensor, w: Tensor) => op({ hidden: h as Tensor2D, head: w as Tensor2D }, reference);
        const { grads } = await valueAndGrads(f, inputs);
        for (const i of [0, 1]) {
          expect(grads[i]).toBeAllclose(await finiteDifferences(f, inputs, i), { rtol: 2e-2, atol: 2e-3 });
        }
      }));

    it('reads packed heads, on either side', () =>
      guardGpu(async () => {
        const [R, d, V] = [7, 64, 75];
        for (const [format, other] of [
          ['f16', 'int8'],
          ['int8', 'int4'],
          ['int4', 'f16'],
        ] as const) {
          const arrays = [randomPacked(rng, format, [V, d]), randomPacked(rng, other, [V, d])] as const;
          const [head, refHead] = arrays.map(uploadPacked) as [
            ReturnType<typeof uploadPacked>,
            ReturnType<typeof uploadPacked>,
          ];
          const [whole, refWhole] = arrays.map((a) => tf.tensor2d(unpackRows(a), [V, d])) as [
            Tensor2D,
            Tensor2D,
          ];
          const [hidden, refHidden] = [random(R, d), random(R, d)];
          const ours = await valueAndGrads(
            (h) => op({ hidden: h as Tensor2D, head }, { hidden: refHidden, head: refHead }),
            [hidden],
          );
          const theirs = await valueAndGrads(
            (h) => plain({ hidden: h as Tensor2D, head: whole }, { hidden: refHidden, head: refWhole }),
            [hidden],
          );
          expect(ours.value).toBeAllclose(theirs.value, { rtol: 5e-5, atol: 5e-5 });
          expect(ours.grads[0]).toBeAllclose(theirs.grads[0]!, { rtol: 1e-4, atol: 1e-4 });
          disposePacked(head);
          disposePacked(refHead);
        }
      }));

    it('repeats bit for bit and leaves no tensor behind', () =>
      guardGpu(async () => {
        const inputs = [random(13, 16), random(2000, 16)];
        const reference = { hidden: random(13, 16), head: random(2000, 16) };
        const f = (h: Tensor, w: Tensor) => op({ hidden: h as Tensor2D, head: w as Tensor2D }, reference);
        const once = async () => {
          const { value, grads } = tf.tidy(() =>
            tf.valueAndGrads((h, w) => tf.sum(f(h, w)) as Scalar)(inputs),
          );
          const read = await Promise.all([value, ...grads].map((t) => t.data()));
          tf.dispose([value, ...grads]);
          return read;
        };
        const first = await once();
        const { numTensors } = tf.memory();
        expect(await once()).toEqual(first);
        expect(tf.memory().numTensors).toBe(numTensors);
      }));
  });

  it('is right where logits reach 1e4, in value and gradient', () =>
    guardGpu(async () => {
      // Integers: every product is exact in float32, so that the softmax alone is under test.
      const make = () => ({ hidden: integers(6, 4, 70), head: integers(40, 4, 70) });
      const [policy, reference] = [make(), make()];
      expect(
        Math.max(...(await tf.abs(tf.matMul(policy.hidden, policy.head, false, true)).data())),
      ).toBeGreaterThan(5000);
      const [p, q] = [await logSoftmaxOf(policy), await logSoftmaxOf(reference)];
      const forward = divergenceOf(p, q);
      expect(Math.max(...forward)).toBeGreaterThan(3000);
      const value = async (op: Op) => Array.from(await op(policy, reference).data());
      expect(await value(cases[0]![1])).toBeAllclose(forward, { rtol: 1e-5 });
      expect(await value(cases[1]![1])).toBeAllclose(divergenceOf(q, p), { rtol: 1e-5 });
      const squares = p.map((row) => Math.log(row.reduce((sum, logP) => sum + Math.exp(2 * logP), 0)));
      expect(await value(cases[2]![1])).toBeAllclose(squares, { rtol: 1e-5, atol: 1e-6 });

      // dKL(p || q) / dhidden = sum over v of p (log(p / q) - KL) head[v]
      const head = await policy.head.data();
      const expected = p.flatMap((row, r) =>
        [0, 1, 2, 3].map((c) =>
          row.reduce(
            (sum, logP, v) => sum + Math.exp(logP) * (logP - q[r]![v]! - forward[r]!) * head[v * 4 + c]!,
            0,
          ),
        ),
      );
      const gradient = tf.grad((h) =>
        tf.sum(linearKl({ hidden: h as Tensor2D, head: policy.head }, reference, 'policy||reference')),
      )(policy.hidden);
      expect(Array.from(await gradient.data())).toBeAllclose(expected, { rtol: 1e-3, atol: 1e-2 });
    }));

  it.each(['policy||reference', 'reference||policy'] as const)(
    'is 0 where both are alike, with gradient 0: %s',
    (direction) =>
      guardGpu(async () => {
        const side = { hidden: random(9, 16, 3), head: random(1500, 16, 3) };
        const { value, grads } = await valueAndGrads(
          (h, w) => linearKl({ hidden: h as Tensor2D, head: w as Tensor2D }, side, direction),
          [side.hidden, side.head],
        );
        expect(value).toBeAllclose(new Float32Array(9), { atol: 1e-6 });
        expect(Math.min(...value)).toBeGreaterThanOrEqual(0);
        for (const grad of grads) expect(grad).toBeAllclose(new Float32Array(grad.length), { atol: 1e-5 });
      }),
  );

  it('gives -log V where all tokens are alike, and 0 where one is certain', () =>
    guardGpu(async () => {
      const hidden = tf.tensor2d([
        [0, 0],
        [1000, 0],
      ]);
      const head = tf.tensor2d(Array.from({ length: 50 }, (_, v) => [v === 7 ? 1 : 0, 1]));
      expect(await linearSquares({ hidden, head }).data()).toBeAllclose([-Math.log(50), 0], { atol: 1e-5 });
    }));

  it('refuses what does not fit, by name', () => {
    const side = { hidden: random(3, 4), head: random(5, 4) };
    const kl = (other: Side) => () => linearKl(side, other, 'policy||reference');
    expect(kl({ hidden: random(2, 4), head: random(5, 4) })).toThrow(
      /reference hidden must be float32 \[3, \*\]/,
    );
    expect(kl({ hidden: random(3, 4), head: random(6, 4) })).toThrow(
      /reference head must be float32 \[5, 4\]/,
    );
    expect(() => linearSquares({ hidden: random(3, 4), head: random(5, 3) })).toThrow(
      /linearSquares: policy head must be float32 \[\*, 4\]/,
    );
  });
});

describe('on our own GPU', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });
  afterEach(() => resetKernelChoices());

  it('is its twin with the tiled product, and inside withPlainKernels', () =>
    guardGpu(async () => {
      const [policy, reference] = [
        { hidden: random(21, 10), head: random(75, 10) },
        { hidden: random(21, 10), head: random(75, 10) },
      ];
      expect(setKernelChoice({ ...kernelChoice(), matmul: 'tiled' })).toBe(true);
      for (const [, op, plain] of cases) {
        const theirs = await plain(policy, reference).data();
        expect(await op(policy, reference).data()).toBeAllclose(theirs, { rtol: 2e-5, atol: 2e-6 });
        expect(await withPlainKernels(() => op(policy, reference)).data()).toEqual(theirs);
      }
    }));

  it('leaves out the gradient of what is frozen, and takes none through the reference', () =>
    guardGpu(async () => {
      const [hidden, head] = [random(9, 8), random(60, 8)];
      const count = (f: () => Tensor) => {
        resetGpuStats();
        f();
        return gpuStats().dispatches;
      };
      // One head for both: its gradient is the policy's alone.
      const op = (h: Tensor, w: Tensor) =>
        tf.sum(
          linearKl(
            { hidden: h as Tensor2D, head: w as Tensor2D },
            { hidden: fixed, head: w as Tensor2D },
            'policy||reference',
          ),
        );
      const fixed = random(9, 8);
      const copy = tf.tensor2d(await head.data(), head.shape);
      const apart = tf.grad((w) =>
        tf.sum(linearKl({ hidden, head: w as Tensor2D }, { hidden: fixed, head: copy }, 'policy||reference')),
      )(head);
      expect(await tf.grads(op)([hidden, head])[1]!.data()).toEqual(await apart.data());
      const both = count(() => tf.grads(op)([hidden, head])[0]!);
      expect(count(() => tf.grad((h) => op(h, head))(hidden))).toBeLessThan(both);
    }));

  it('stores no logits: a few chunks of the vocabulary are all', () =>
    guardGpu(async () => {
      const [R, d, V] = [64, 32, 16_384];
      const head = uploadPacked(randomPacked(rng, 'int4', [V, d]));
      const [hidden, refHidden] = [random(R, d), random(R, d)];
      const step = async () => {
        const { value, grad } = tf.valueAndGrad(
          (h) =>
            tf.sum(
              linearKl({ hidden: h as Tensor2D, head }, { hidden: refHidden, head }, 'policy||reference'),
            ) as Scalar,
        )(hidden);
        await value.data();
        tf.dispose([value, grad]);
      };
      await step(); // uploads and compiles
      trimGpuPool();
      resetGpuStats();
      const before = gpuStats().bytes;
      await step();
      const scratch = 4 * 4 * R * chunkColumns(R, V, 1 / 64) + 4 * 4 * R * d + 64 * 1024;
      expect(gpuStats().peakBytes - before).toBeLessThan(scratch);
      disposePacked(head);
    }));
});
