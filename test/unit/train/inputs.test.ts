import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor1D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { lossInput, scoresFromLogProb } from '../../../src/train/inputs/loss-input';
import { packForest } from '../../../src/tree/pack';
import type { PackedBatch } from '../../../src/tree/packed-batch';
import type { PreferenceTree } from '../../../src/tree/tree';
import { pairOf } from '../methods/evaluate';

const packed = packForest([pairOf('a', 2, 3, { shared: 2 }), pairOf('b', 4, 1)]);
const { count, used } = packed.entries;
const random = (seed: number) =>
  Float32Array.from({ length: count }, (_, i) => -3 * Math.abs(Math.sin(seed + 2.3 * i)));
const weight = Float32Array.from({ length: count }, (_, i) => (i < used ? 0.5 + (i % 3) : 0));
const batch: PackedBatch = { ...packed, entries: { ...packed.entries, weight } };

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
      const input = lossInput(batch, scoresFromLogProb(batch, tf.tensor1d(x)), { reference: ref });
      const over = (responses: number[], values: Float32Array) => responses.map((r) => sumOf(r, values));
      const { chosen, rejected } = input.pairs;
      const { answers } = input;
      expect(chosen.sum.dataSync()).toBeAllclose(over([0, 2], x));
      expect(chosen.refSum.dataSync()).toBeAllclose(over([0, 2], ref));
      expect(rejected.sum.dataSync()).toBeAllclose(over([1, 3], x));
      expect(rejected.refSum.dataSync()).toBeAllclose(over([1, 3], ref));
      expect(answers.sum.dataSync()).toBeAllclose(over([0, 1, 2, 3], x));
      expect(answers.refSum.dataSync()).toBeAllclose(over([0, 1, 2, 3], ref));
      expect(chosen.length.dataSync()).toBeAllclose([4, 4]);
      expect(rejected.length.dataSync()).toBeAllclose([5, 1]);
      expect(answers.length.dataSync()).toBeAllclose([4, 5, 4, 1]);
      const ratio = (r: number) => sumOf(r, x) - sumOf(r, ref);
      expect(chosen.logRatio.dataSync()).toBeAllclose([ratio(0), ratio(2)], { atol: 1e-5 });
      expect(rejected.logRatio.dataSync()).toBeAllclose([ratio(1), ratio(3)], { atol: 1e-5 });
      expect(input.pairs.margin(1).dataSync()).toBeAllclose([ratio(0) - ratio(1), ratio(2) - ratio(3)], {
        atol: 1e-5,
      });
      expect(input.pairs.margin(-0.5).dataSync()).toBeAllclose(
        [ratio(0) - ratio(1), ratio(2) - ratio(3)].map((d) => -0.5 * d),
        { atol: 1e-5 },
      );
      expect(rejected.reward(0.4).dataSync()).toBeAllclose([0.4 * ratio(1), 0.4 * ratio(3)], { atol: 1e-5 });
      const perStep = (values: Float32Array) =>
        batch.steps.map((s) => {
          let sum = 0;
          for (let m = s.entryStart; m < s.entryEnd; m++) sum += weight[m]! * values[m]!;
          return sum;
        });
      expect(input.steps.refSum.dataSync()).toBeAllclose(perStep(ref));
      expect(input.steps.sum.dataSync()).toBeAllclose(perStep(x));
      expect(answers.mean.dataSync()).toBeAllclose(
        [0, 1, 2, 3].map((r, i) => sumOf(r, x) / [4, 5, 4, 1][i]!),
      );
      const difference = input.pairs.difference(tf.tensor1d([1, 2, 4, 8]));
      expect(difference.dataSync()).toBeAllclose([-1, -4]);
      const { tokens, lists } = input;
      expect(tokens.sumPerAnswer(tf.mul(tokens.logProb, tf.tensor1d(weight))).dataSync()).toBeAllclose(
        over([0, 1, 2, 3], x),
      );
      expect(tokens.refLogProb.dataSync()).toEqual(ref);
      expect(lists.items).toEqual([
        [0, 1],
        [2, 3],
      ]);
      expect([...tokens.answerOf.slice(0, used)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3]);
    });
  });

  it('takes a missing reference as zero', () => {
    const x = random(3);
    tf.tidy(() => {
      const input = lossInput(batch, scoresFromLogProb(batch, tf.tensor1d(x)), {});
      expect([...input.pairs.chosen.refSum.dataSync()]).toEqual([0, 0]);
      expect(input.pairs.chosen.logRatio.dataSync()).toBeAllclose([sumOf(0, x), sumOf(2, x)]);
    });
  });

  it('computes a field once, and only when it is read', () => {
    tf.tidy(() => {
      const policy = scoresFromLogProb(batch, tf.tensor1d(random(4)));
      const before = tf.memory().numTensors;
      const input = lossInput(batch, policy, { reference: random(5) });
      expect(tf.memory().numTensors).toBe(before);
      expect(input.pairs.chosen.logRatio).toBe(input.pairs.chosen.logRatio);
    });
  });

  it('leads the gradient back to each log-prob with its weight', () => {
    tf.tidy(() => {
      const loss = (x: Tensor1D) =>
        tf.sum(lossInput(batch, scoresFromLogProb(batch, x), { reference: random(7) }).pairs.margin(1));
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
      const input = lossInput(single, scoresFromLogProb(single, tf.tensor1d([-1, -2, -3, -4])), {});
      expect(() => input.pairs.chosen.sum).toThrow(/no comparison/);
      expect(() => input.pairs.rejected.length).toThrow(/no comparison/);
      expect(() => input.pairs.margin(1)).toThrow(/no comparison/);
      expect([...input.answers.sum.dataSync()]).toEqual([-3, -7]);
    });
  });

  it('refuses arrays of another packing', () => {
    tf.tidy(() => {
      const policy = scoresFromLogProb(batch, tf.tensor1d(random(8)));
      expect(() => lossInput(batch, policy, { reference: random(9).slice(1) })).toThrow(
        /reference has .* values/,
      );
      expect(() => scoresFromLogProb(batch, tf.tensor1d(random(8).slice(1)))).toThrow(
        /logProb has .* values/,
      );
    });
  });

  it('weighs anew by coefficients that follow the policy, and takes no gradient through them', () => {
    const [x, ref] = [random(1), random(2)];
    const live = (l: Tensor1D) => tf.exp(tf.neg(l)) as Tensor1D;
    tf.tidy(() => {
      const loss = (l: Tensor1D) =>
        tf.sum(
          lossInput(batch, scoresFromLogProb(batch, l), { reference: ref }).reweigh(live(l)).answers.logRatio,
        );
      const { value, grad } = tf.valueAndGrad((l) => loss(l as Tensor1D))(tf.tensor1d(x));
      const c = x.map((l) => Math.exp(-l));
      const expected = c.reduce((sum, w, m) => sum + (m < used ? w * (x[m]! - ref[m]!) : 0), 0);
      expect(value.dataSync()[0]).toBeAllclose(expected);
      expect(grad.dataSync()).toBeAllclose(c.map((w, m) => (m < used ? w : 0)));
    });
  });

  it('names what has no score or label where the loss reads one', () => {
    const tree = pairOf('a', 2, 2);
    tree.responses[0]!.score = 1;
    const single = packForest([tree], { pad: 'none' });
    tf.tidy(() => {
      const input = lossInput(single, scoresFromLogProb(single, tf.tensor1d([-1, -2, -3, -4])), {});
      expect(() => input.answers.score).toThrow(/answer 1 of tree "a" has no score/);
      expect(() => input.steps.label('reward')).toThrow(
        /step at node 1 of answer 0 of tree "a" has no label "reward"/,
      );
    });
  });
});
