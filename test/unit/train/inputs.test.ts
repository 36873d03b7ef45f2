import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor1D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { lossInput, scoresFromLogProb } from '../../../src/train/inputs';
import { packForest } from '../../../src/tree/pack';
import type { PreferenceTree } from '../../../src/tree/tree';
import { pairOf } from '../methods/evaluate';

const batch = packForest([pairOf('a', 2, 3, { shared: 2 }), pairOf('b', 4, 1)]);
const { count, used } = batch.entries;
const random = (seed: number) =>
  Float32Array.from({ length: count }, (_, i) => -3 * Math.abs(Math.sin(seed + 2.3 * i)));
const weight = Float32Array.from({ length: count }, (_, i) => (i < used ? 0.5 + (i % 3) : 0));

/** The plain loops that the matrices stand for. */
const sumOf = (response: number, values: Float32Array) => {
  const { entryStart, entryEnd } = batch.responses[response]!;
  let sum = 0;
  for (let m = entryStart; m < entryEnd; m++) sum += weight[m]! * values[m]!;
  return sum;
};

beforeAll(() => initBackend('cpu'));

describe('lossInput', () => {
  it('sums weighted log-probs per side and per response', () => {
    const [x, ref] = [random(1), random(2)];
    tf.tidy(() => {
      const input = lossInput(batch, scoresFromLogProb(batch, tf.tensor1d(x), weight), ref, weight);
      const over = (responses: number[], values: Float32Array) => responses.map((r) => sumOf(r, values));
      const { chosen, rejected, responses } = input;
      expect(chosen.sum.dataSync()).toBeAllclose(over([0, 2], x));
      expect(chosen.refSum.dataSync()).toBeAllclose(over([0, 2], ref));
      expect(rejected.sum.dataSync()).toBeAllclose(over([1, 3], x));
      expect(rejected.refSum.dataSync()).toBeAllclose(over([1, 3], ref));
      expect(responses.sum.dataSync()).toBeAllclose(over([0, 1, 2, 3], x));
      expect(responses.refSum.dataSync()).toBeAllclose(over([0, 1, 2, 3], ref));
      expect(chosen.length.dataSync()).toBeAllclose([4, 4]);
      expect(rejected.length.dataSync()).toBeAllclose([5, 1]);
      expect(responses.length.dataSync()).toBeAllclose([4, 5, 4, 1]);
      const ratio = (r: number) => sumOf(r, x) - sumOf(r, ref);
      expect(chosen.logRatio.dataSync()).toBeAllclose([ratio(0), ratio(2)], { atol: 1e-5 });
      expect(rejected.logRatio.dataSync()).toBeAllclose([ratio(1), ratio(3)], { atol: 1e-5 });
      expect(input.margin(1).dataSync()).toBeAllclose([ratio(0) - ratio(1), ratio(2) - ratio(3)], {
        atol: 1e-5,
      });
      expect(input.margin(-0.5).dataSync()).toBeAllclose(
        [ratio(0) - ratio(1), ratio(2) - ratio(3)].map((d) => -0.5 * d),
        { atol: 1e-5 },
      );
      expect(rejected.reward(0.4).dataSync()).toBeAllclose([0.4 * ratio(1), 0.4 * ratio(3)], { atol: 1e-5 });
      expect(input.reference!.stepSum.dataSync()).toBeAllclose(
        batch.steps.map((s) => {
          let sum = 0;
          for (let m = s.entryStart; m < s.entryEnd; m++) sum += weight[m]! * ref[m]!;
          return sum;
        }),
      );
    });
  });

  it('takes a missing reference as zero', () => {
    const x = random(3);
    tf.tidy(() => {
      const input = lossInput(batch, scoresFromLogProb(batch, tf.tensor1d(x), weight), undefined, weight);
      expect(input.reference).toBeUndefined();
      expect([...input.chosen.refSum.dataSync()]).toEqual([0, 0]);
      expect(input.chosen.logRatio.dataSync()).toBeAllclose([sumOf(0, x), sumOf(2, x)]);
    });
  });

  it('computes a field once, and only when it is read', () => {
    tf.tidy(() => {
      const policy = scoresFromLogProb(batch, tf.tensor1d(random(4)), weight);
      const before = tf.memory().numTensors;
      const input = lossInput(batch, policy, random(5), weight);
      expect(tf.memory().numTensors).toBe(before);
      expect(input.chosen.logRatio).toBe(input.chosen.logRatio);
    });
  });

  it('leads the gradient back to each log-prob with its weight', () => {
    tf.tidy(() => {
      const loss = (x: Tensor1D) =>
        tf.sum(lossInput(batch, scoresFromLogProb(batch, x, weight), random(7), weight).margin(1));
      const gradient = tf.grad((x) => loss(x as Tensor1D))(tf.tensor1d(random(6)));
      const expected = new Float32Array(count);
      for (const { chosen, rejected } of batch.comparisons) {
        for (const [r, sign] of [
          [chosen, 1],
          [rejected, -1],
        ] as const) {
          const { entryStart, entryEnd } = batch.responses[r]!;
          for (let m = entryStart; m < entryEnd; m++) expected[m] = sign * weight[m]!;
        }
      }
      expect(gradient.dataSync()).toBeAllclose(expected);
    });
  });

  it('throws on a field of a comparison where there is none', () => {
    const tree: PreferenceTree = { ...pairOf('a', 2, 2), comparisons: [] };
    const single = packForest([tree], { pad: 'none' });
    tf.tidy(() => {
      const ones = single.entries.weight;
      const input = lossInput(
        single,
        scoresFromLogProb(single, tf.tensor1d([-1, -2, -3, -4]), ones),
        undefined,
        ones,
      );
      expect(() => input.chosen.sum).toThrow(/no comparison/);
      expect(() => input.rejected.length).toThrow(/no comparison/);
      expect(() => input.margin(1)).toThrow(/no comparison/);
      expect([...input.responses.sum.dataSync()]).toEqual([-3, -7]);
    });
  });

  it('refuses arrays of another packing', () => {
    tf.tidy(() => {
      const policy = scoresFromLogProb(batch, tf.tensor1d(random(8)), weight);
      expect(() => lossInput(batch, policy, random(9).slice(1), weight)).toThrow(
        /referenceLogProb has .* values/,
      );
      expect(() => lossInput(batch, policy, undefined, weight.slice(1))).toThrow(/weight has .* values/);
    });
  });
});
