import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EntryTensors } from '../../src/kernels/entry-tensors';
import { uploadEntries } from '../../src/kernels/entry-tensors';
import { kernelChoice, resetKernelChoices, setKernelChoice } from '../../src/kernels/kernel-choice';
import type { LinearLogProbOptions } from '../../src/kernels/linear-log-prob';
import { keepsLogits, linearLogProb, linearLogProbPlain } from '../../src/kernels/linear-log-prob';
import type { LogProbs } from '../../src/kernels/log-softmax-gather';
import { withPlainKernels } from '../../src/kernels/op';
import { unpackRows } from '../../src/kernels/packed-format';
import type { PackedMatrix } from '../../src/kernels/packed-matrix';
import { disposePacked, uploadPacked } from '../../src/kernels/packed-matrix';
import { chunkColumns } from '../../src/kernels/vocabulary-chunks';
import type { Scalar, Tensor, Tensor2D } from '../../src/tf';
import { gpuStats, guardGpu, initBackend, resetGpuStats, tf, trimGpuPool } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { randomEntries } from '../support/random-entries';
import { randomPacked } from '../support/random-packed';

const rng = createRng(11);
const random = (m: number, n: number, scale = 1) =>
  tf.tensor2d(
    Float32Array.from({ length: m * n }, () => scale * (rng.next() * 2 - 1)),
    [m, n],
  );
const values = ({ logProb, stepSum, logSumExp }: LogProbs) => [logProb, stepSum, logSumExp];

/** A loss in which every element of all three results has a weight of its own. */
const lossOf = (results: LogProbs): Tensor =>
  values(results)
    .filter((t) => t.size > 0)
    .map((t, i) => tf.sum(tf.mul(t, tf.cos(tf.add(tf.range(0, t.size), i)))))
    .reduce((a, b) => tf.add(a, b));

type Op = (hidden: Tensor2D, head: Tensor2D | PackedMatrix, entries: EntryTensors) => LogProbs;
const gradients = (op: Op, hidden: Tensor2D, head: Tensor2D, entries: EntryTensors) =>
  tf.grads((a, b) => lossOf(op(a as Tensor2D, b as Tensor2D, entries)))([hidden, head]);

const compare = async (op: Op, hidden: Tensor2D, head: Tensor2D, entries: EntryTensors, atol = 1e-5) => {
  const ours = values(op(hidden, head, entries));
  const theirs = values(linearLogProbPlain(hidden, head, entries));
  const ourGrads = gradients(op, hidden, head, entries);
  const theirGrads = gradients(linearLogProbPlain, hidden, head, entries);
  for (const [a, b] of [
    ...ours.map((t, i) => [t, theirs[i]!]),
    ...ourGrads.map((t, i) => [t, theirGrads[i]!]),
  ]) {
    expect(a!.shape).toEqual(b!.shape);
    if (a!.size > 0) expect(await a!.data()).toBeAllclose(await b!.data(), { rtol: 2e-5, atol });
  }
};

/** With a packed head, against the twin on the matrix in full: the three results, and the gradient to the hidden states. */
const comparePacked = async (
  options: LinearLogProbOptions,
  [N, d, V]: [number, number, number],
  entries: EntryTensors,
) => {
  const hidden = random(N, d);
  for (const format of ['f16', 'int8', 'int4'] as const) {
    const arrays = randomPacked(rng, format, [V, d]);
    const [head, whole] = [uploadPacked(arrays), tf.tensor2d(unpackRows(arrays), [V, d])];
    const ours = linearLogProb(hidden, head, entries, options);
    const theirs = linearLogProbPlain(hidden, whole, entries);
    const dOurs = tf.grad((x) => lossOf(linearLogProb(x as Tensor2D, head, entries, options)))(hidden);
    const dTheirs = tf.grad((x) => lossOf(linearLogProbPlain(x as Tensor2D, whole, entries)))(hidden);
    for (const [a, b] of [...values(ours).map((t, i) => [t, values(theirs)[i]!]), [dOurs, dTheirs]]) {
      expect(await a!.data()).toBeAllclose(await b!.data(), { rtol: 2e-5, atol: 4e-5 });
    }
    disposePacked(head);
  }
};

const kept: Op = (hidden, head, entries) => linearLogProb(hidden, head, entries, { logits: 'kept' });
const streamed: Op = (hidden, head, entries) => linearLogProb(hidden, head, entries, { logits: 'streamed' });

describe('on our own GPU', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });
  afterEach(() => resetKernelChoices());

  describe.each([
    ['kept', kept],
    ['streamed', streamed],
  ] as const)('logits %s', (logits, op) => {
    it.each([
      { N: 3, d: 47, V: 31, R: 3, M: 7, S: 2 },
      { N: 31, d: 8, V: 123, R: 17, M: 47, S: 5 },
      { N: 40, d: 12, V: 64, R: 40, M: 40, S: 9 },
      { N: 1, d: 3, V: 1, R: 1, M: 1, S: 1 },
    ])('is its twin at %o', ({ N, d, V, R, M, S }) =>
      guardGpu(async () => {
        const entries = uploadEntries(randomEntries(rng, { N, V, R, M, S, padding: M >> 2 }));
        await compare(op, random(N, d), random(V, d), entries);
      }),
    );

    it.each(['subgroup', 'tiled'] as const)('reads a packed head with the %s product', (matmul) =>
      guardGpu(async () => {
        expect(setKernelChoice({ ...kernelChoice(), matmul })).toBe(true);
        const entries = uploadEntries(randomEntries(rng, { N: 21, V: 75, R: 9, M: 20, S: 3, padding: 3 }));
        await comparePacked({ logits }, [21, 64, 75], entries);
      }),
    );

    it('is its twin with the tiled product', () =>
      guardGpu(async () => {
        expect(setKernelChoice({ ...kernelChoice(), matmul: 'tiled' })).toBe(true);
        const entries = uploadEntries(randomEntries(rng, { N: 21, V: 75, R: 9, M: 20, S: 3, padding: 3 }));
        await compare(op, random(21, 10), random(75, 10), entries);
      }));

    it('takes nothing but padding, and no steps', () =>
      guardGpu(async () => {
        const [hidden, head] = [random(5, 4), random(9, 4)];
        for (const S of [2, 0]) {
          const entries = uploadEntries(randomEntries(rng, { N: 5, V: 9, R: 3, M: 4, S, padding: 4 }));
          const results = op(hidden, head, entries);
          expect(results.stepSum.shape).toEqual([S]);
          if (S > 0) expect(await results.stepSum.data()).toBeAllclose(new Float32Array(S));
          const [dHidden, dHead] = tf.grads((a, b) =>
            tf.sum(
              tf.concat([
                op(a as Tensor2D, b as Tensor2D, entries).stepSum,
                op(a as Tensor2D, b as Tensor2D, entries).logProb.mul(0),
              ]),
            ),
          )([hidden, head]);
          expect(await dHidden!.data()).toBeAllclose(new Float32Array(20));
          expect(await dHead!.data()).toBeAllclose(new Float32Array(36));
        }
      }));

    it('stays finite and right where logits reach 1e4', () =>
      guardGpu(async () => {
        const entries = uploadEntries(randomEntries(rng, { N: 6, V: 40, R: 6, M: 12, S: 3, padding: 0 }));
        // Integers: every dot product is exact in float32, so that only the softmax is under test.
        const integers = (m: number, n: number, scale: number) => tf.round(random(m, n, scale)) as Tensor2D;
        const [hidden, head] = [integers(6, 4, 70), integers(40, 4, 70)];
        expect(Math.max(...(await tf.abs(tf.matMul(hidden, head, false, true)).data()))).toBeGreaterThan(
          5000,
        );
        await compare(op, hidden, head, entries, 1e-3);
      }));

    it('leaves out the gradient of what is frozen', () =>
      guardGpu(async () => {
        const entries = uploadEntries(randomEntries(rng, { N: 9, V: 33, R: 5, M: 9, S: 2, padding: 1 }));
        const [hidden, head] = [random(9, 8), random(33, 8)];
        const [dHidden, dHead] = gradients(op, hidden, head, entries);
        const count = async (f: () => Tensor) => {
          resetGpuStats();
          const result = f();
          const { dispatches } = gpuStats();
          return { dispatches, values: await result.data() };
        };
        const both = await count(() => gradients(op, hidden, head, entries)[1]!);
        const onlyHidden = await count(() =>
          tf.grad((a) => lossOf(op(a as Tensor2D, head, entries)))(hidden),
        );
        const onlyHead = await count(() => tf.grad((b) => lossOf(op(hidden, b as Tensor2D, entries)))(head));
        expect(onlyHidden.values).toEqual(await dHidden!.data());
        expect(onlyHead.values).toEqual(await dHead!.data());
        expect(onlyHidden.dispatches).toBeLessThan(both.dispatches);
        expect(onlyHead.dispatches).toBeLessThan(both.dispatches);
      }));

    it('repeats bit for bit and leaves no tensor behind', () =>
      guardGpu(async () => {
        const entries = uploadEntries(randomEntries(rng, { N: 19, V: 70, R: 13, M: 30, S: 4, padding: 2 }));
        const [hidden, head] = [random(19, 16), random(70, 16)];
        const once = async () => {
          const grads = gradients(op, hidden, head, entries);
          const read = await Promise.all(grads.map((t) => t.data()));
          tf.dispose(grads);
          return read;
        };
        const first = await once();
        const { numTensors } = tf.memory();
        expect(await once()).toEqual(first);
        expect(tf.memory().numTensors).toBe(numTensors);
      }));

    it('agrees with finite differences', () =>
      guardGpu(async () => {
        const entries = uploadEntries(randomEntries(rng, { N: 3, V: 5, R: 2, M: 4, S: 2, padding: 1 }));
        const [hidden, head] = [random(3, 2), random(5, 2)];
        const lossAt = async (a: Tensor2D, b: Tensor2D) => (await lossOf(op(a, b, entries)).data())[0]!;
        const grads = gradients(op, hidden, head, entries);
        const h = 1e-2;
        for (const [index, base] of [hidden, head].entries()) {
          const values = await base.data();
          const expected = await grads[index]!.data();
          for (let i = 0; i < values.length; i++) {
            const moved = (by: number) => {
              const copy = Float32Array.from(values);
              copy[i]! += by;
              const t = tf.tensor2d(copy, base.shape);
              return index === 0 ? lossAt(t, head) : lossAt(hidden, t);
            };
            const slope = ((await moved(h)) - (await moved(-h))) / (2 * h);
            expect(Math.abs(slope - expected[i]!)).toBeLessThan(2e-3);
          }
        }
      }));
  });

  it('runs several chunks of the vocabulary', () =>
    guardGpu(async () => {
      const [R, V] = [33, 4500];
      expect(chunkColumns(R, V)).toBeLessThan(V / 2);
      expect(V % chunkColumns(R, V)).not.toBe(0);
      const entries = uploadEntries(randomEntries(rng, { N: 35, V, R, M: 40, S: 3, padding: 4 }));
      await compare(streamed, random(35, 4), random(V, 4), entries);
      expect(keepsLogits(128, 512)).toBe(true);
      expect(keepsLogits(128, 49_152)).toBe(false);
    }));

  it('needs little memory beside a packed head: two chunks of logits and a few copies of the hidden states', () =>
    guardGpu(async () => {
      const [R, d, V] = [64, 32, 16_384];
      const entries = uploadEntries(randomEntries(rng, { N: R + 1, V, R, M: R, S: 3, padding: 0 }));
      const [hidden, head] = [random(R + 1, d), uploadPacked(randomPacked(rng, 'int4', [V, d]))];
      const step = async () => {
        const { value, grad } = tf.valueAndGrad(
          (x) => lossOf(streamed(x as Tensor2D, head, entries)) as Scalar,
        )(hidden);
        await value.data();
        tf.dispose([value, grad]);
      };
      await step(); // uploads and compiles
      trimGpuPool();
      resetGpuStats();
      const before = gpuStats().bytes;
      await step();
      const small = 64 * 1024; // entries, sums, uniforms
      const scratch = 2 * 4 * R * chunkColumns(R, V) + 4 * 4 * (R + 1) * d + small;
      expect(scratch).toBeLessThan((4 * R * V) / 4);
      expect(gpuStats().peakBytes - before).toBeLessThan(scratch);
      // the shape of SmolLM2 with 1,000 rows
      const real = 2 * 4 * 1000 * chunkColumns(1000, 49_152) + 4 * 4 * 1000 * 576 + small;
      expect(real).toBeLessThan(20e6);
    }));

  it('refuses what does not fit, by name', () => {
    const entries = uploadEntries(randomEntries(rng, { N: 3, V: 5, R: 2, M: 4, S: 2, padding: 1 }));
    expect(() => linearLogProb(random(3, 4), random(5, 3), entries)).toThrow(
      /linearLogProb: head must be float32 \[\*, 4\]/,
    );
    expect(() => linearLogProb(random(1, 3), random(5, 3), entries)).toThrow(
      /names 2 rows, but hidden has 1/,
    );
    const wrong = { ...entries, weight: tf.tensor1d([1]) };
    expect(() => linearLogProb(random(3, 3), random(5, 3), wrong)).toThrow(
      /entries.weight must be float32 \[4\]/,
    );
    const packed = uploadPacked(randomPacked(rng, 'int8', [5, 32]));
    expect(() => linearLogProb(random(3, 3), packed, entries)).toThrow(
      /head must be \[\*, 3\], but is int8 \[5, 32\]/,
    );
  });
});

describe('without shaders', () => {
  it.each(['wasm', 'cpu'] as const)('%s agrees with the twin', async (backend) => {
    await initBackend(backend);
    const op: Op = (a, b, entries) => linearLogProb(a, b, entries);
    for (const R of [7, 11]) {
      const entries = uploadEntries(randomEntries(rng, { N: 11, V: 13, R, M: 20, S: 4, padding: 3 }));
      await compare(op, random(11, 6), random(13, 6), entries);
      await comparePacked({}, [11, 32, 13], entries);
      const [hidden, head] = [random(11, 6), random(13, 6)];
      const plain = withPlainKernels(() => op(hidden, head, entries));
      expect(await plain.logProb.data()).toBeAllclose(await op(hidden, head, entries).logProb.data());
    }
  });
});
