import { expect, it } from 'vitest';
import { judgeMeasures } from '../../../src/diffusion/judge-measures';
import { evaluationDraws, measureImages } from '../../../src/diffusion/measure';
import type { Judge } from '../../../src/diffusion/pipeline';
import { drawImage } from '../../../src/diffusion/world/draw';
import type { Scale } from '../../../src/diffusion/world/preference';
import type { Tensor1D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';

const one = { mean: 0, sd: 1 };
const scale: Scale = { brightness: one, symmetry: one, colour: one, shape: one };

it('counts how often a model says as the reward, on pairs that share a condition and a noise, by time', async () => {
  await initBackend('wasm');
  const { conditions } = evaluationDraws(144);
  const rng = createRng(8);
  const images = conditions.map((condition) => drawImage(condition, rng).image);
  const measured = async (judge: Judge) => {
    const measures = await judgeMeasures({
      judge,
      preference: { id: 'brightness' },
      scale,
      images,
      conditions,
      between: async () => undefined,
    });
    return Object.fromEntries(measures.map((measure) => [measure.id, measure]));
  };
  // Noise is common to a pair, so that it takes nothing from the difference of two means.
  const light = await measured((x) => tf.mean(x, 1) as Tensor1D);
  expect(Object.keys(light)).toEqual([
    'judge',
    'judge/999',
    'judge/799',
    'judge/599',
    'judge/399',
    'judge/199',
  ]);
  expect(light['judge']!.count).toBe(72);
  expect(light['judge']!.value).toBeGreaterThan(0.85);
  expect(light['judge']!.interval[0]).toBeLessThan(light['judge']!.value);
  const dark = await measured((x) => tf.neg(tf.mean(x, 1)) as Tensor1D);
  expect(dark['judge/199']!.value).toBeCloseTo(1 - light['judge/199']!.value, 6);
  // One that sees nothing calls every pair a tie.
  const blind = await measured((x) => tf.zeros([x.shape[0]]) as Tensor1D);
  expect(blind['judge']!.value).toBeLessThan(0.75);
});

it('tells of the spread only where two images are of one request', async () => {
  await initBackend('wasm');
  const [one, other] = evaluationDraws(2).conditions;
  const images = [-0.25, 0.25].map((v) => new Float32Array(432).fill(v));
  const spread = async (second: typeof one) =>
    (await measureImages(images, [one!, second!], scale)).measures!.find(({ id }) => id === 'spread')?.value;
  expect(await spread(one)).toBeCloseTo(0.5, 6);
  expect(await spread(other)).toBeUndefined();
});
