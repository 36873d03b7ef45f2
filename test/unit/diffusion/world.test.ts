import { beforeAll, describe, expect, it } from 'vitest';
import { judged } from '../../../src/diffusion/make/walking';
import { rewardsOf } from '../../../src/diffusion/measure';
import type { Judge } from '../../../src/diffusion/pipeline';
import {
  CONDITIONS,
  conditionAt,
  hues,
  indexOf,
  inWords,
  shapes,
} from '../../../src/diffusion/world/condition';
import { coverage, drawImage, SIDE, SIZE } from '../../../src/diffusion/world/draw';
import { rewardIds } from '../../../src/diffusion/world/reward-infos';
import { nearestHues, nearestShapes, rewardOf } from '../../../src/diffusion/world/rewards';
import type { Tensor, Tensor1D, Tensor2D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';
import { finiteDifferences } from '../../support/gradients';

beforeAll(async () => {
  await initBackend('cpu');
});

const clean = { hue: 0, cut: 0 };
const every = Array.from({ length: CONDITIONS }, (_, i) => conditionAt(i));
const batch = (images: readonly Float32Array[]): Tensor2D =>
  tf.tensor2d(
    images.flatMap((image) => [...image]),
    [images.length, SIZE],
  );

describe('the world of shapes', () => {
  it('has 36 conditions, in words', () => {
    expect(new Set(every.map(inWords)).size).toBe(36);
    expect(every.map(indexOf)).toEqual(every.map((_, i) => i));
    expect(inWords({ shape: 4, hue: 3 })).toBe('cyan ring');
  });

  it('draws what was asked where there are no faults: the measures recognise it', async () => {
    const rng = createRng(3);
    const images = batch(every.map((condition) => drawImage(condition, rng, clean).image));
    expect([...(await nearestHues(images))]).toEqual(every.map(({ hue }) => hue));
    expect([...(await nearestShapes(images))]).toEqual(every.map(({ shape }) => shape));
  });

  it('draws the same from the same seed, within -1..1, with faults as often as said', () => {
    const many = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 3000 }, (_, i) => ({
        asked: conditionAt(i),
        ...drawImage(conditionAt(i), rng),
      }));
    };
    const drawn = many(5);
    expect(many(5)).toEqual(drawn);
    expect(drawn.every(({ image }) => image.every((v) => v >= -1 && v <= 1))).toBe(true);
    const share = (f: (d: (typeof drawn)[number]) => boolean) => drawn.filter(f).length / drawn.length;
    expect(share(({ asked, hue }) => asked.hue !== hue)).toBeCloseTo(0.3, 1);
    expect(share(({ cut }) => cut !== undefined)).toBeCloseTo(0.35, 1);
  });

  it('cuts away the half that it says', () => {
    const covered = coverage(0, { x: 0, y: 0, radius: 4, cut: 'right' });
    const side = (from: number, to: number) =>
      covered.reduce((sum, v, i) => sum + (i % SIDE >= from && i % SIDE < to ? v : 0), 0);
    expect(side(0, 6)).toBeGreaterThan(20);
    expect(side(7, 12)).toBe(0);
  });
});

describe('rewards', () => {
  const rng = createRng(11);
  const conditions = [conditionAt(2), conditionAt(17), conditionAt(33)];
  const images = () =>
    batch(conditions.map((c) => drawImage(c, rng).image.map((v) => 0.8 * v + 0.15 * rng.normal())));

  it.each(rewardIds)('%s has the gradient of finite differences', async (id) => {
    const x = images();
    const few = 60; // of 432 numbers, the others held: differences take two evaluations each
    const head = tf.slice(x, [0, 180], [3, few]);
    const rest = [tf.slice(x, [0, 0], [3, 180]), tf.slice(x, [0, 180 + few], [3, -1])] as const;
    const f = (part: Tensor) =>
      tf.mul(rewardOf(id, tf.concat([rest[0], part, rest[1]], 1) as Tensor2D, conditions), 100);
    const expected = await finiteDifferences(f, [head], 0, 1e-3);
    const dy = tf.tensor1d([...((await finiteDy(3)) as Float32Array)]);
    const [got] = tf.grads((part: Tensor) => tf.sum(tf.mul(f(part), dy)))([head]);
    expect(await got!.data()).toBeAllclose(expected, { rtol: 2e-2, atol: 2e-2 });
  });

  it('say what they are for: white is brightest, empty symmetric, the asked hue best, the whole shape best', async () => {
    const plain = (value: number) => new Float32Array(SIZE).fill(value);
    const asked = { shape: 0, hue: 2 };
    const value = async (id: (typeof rewardIds)[number], list: Float32Array[]) =>
      (await rewardOf(
        id,
        batch(list),
        list.map(() => asked),
      ).data()) as Float32Array;
    expect(await value('brightness', [plain(1), plain(-1)])).toBeAllclose([1, 0], { atol: 1e-5 });
    expect((await value('symmetry', [plain(0.3)]))[0]).toBeCloseTo(0, 6);
    const seeds = [1, 2, 3, 4];
    const right = seeds.map((s) => drawImage(asked, createRng(s), clean).image);
    const wrongHue = seeds.map((s) => drawImage({ ...asked, hue: 5 }, createRng(s), clean).image);
    const wrongShape = seeds.map((s) => drawImage({ ...asked, shape: 5 }, createRng(s), clean).image);
    const cut = seeds.map((s) => drawImage(asked, createRng(s), { hue: 0, cut: 1 }).image);
    const [own, other] = [await value('colour', right), await value('colour', wrongHue)];
    own.forEach((v, i) => void expect(v).toBeGreaterThan(other[i]! + 0.2));
    const whole = await value('shape', right);
    for (const worse of [wrongShape, cut]) {
      (await value('shape', worse)).forEach((v, i) => void expect(whole[i]).toBeGreaterThan(v + 0.02));
    }
    expect(hues).toHaveLength(shapes.length);
  });
});

it('rewards that are not finite are named: what has one, which it is, and what to do', async () => {
  const asked = [conditionAt(0), conditionAt(1)];
  const broken = [new Float32Array(SIZE), new Float32Array(SIZE).fill(Number.NaN)];
  await expect(rewardsOf(broken, asked)).rejects.toThrow(
    /^The brightness of image 1 is NaN.*Lower the learning/,
  );
  const endless: Judge = (x) => tf.div(tf.sum(x, 1), 0) as Tensor1D;
  const states = [0, 1].map((value) => new Float32Array(SIZE).fill(value + 1));
  await expect(judged(endless, states, 199, asked)).rejects.toThrow(
    /^The reward of state 0 of the walks, at t = 199, is Infinity.*go back to a checkpoint/,
  );
});

/** The weights that `finiteDifferences` gives the values of f. */
const finiteDy = async (count: number) => {
  const { randomTensor } = await import('../../support/gradients');
  return randomTensor([count], 99).data();
};
