import { expect, it } from 'vitest';
import { measureAgreement } from '../../../src/diffusion/label-agreement';
import type { Judge } from '../../../src/diffusion/pipeline';
import type { Tensor1D } from '../../../src/tf';
import { initBackend, tf, uploadKept } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';
import { tinyDenoiser } from '../../support/tiny-denoiser';

it('finds a label true where it says what the futures say, and wrong where it says the opposite', async () => {
  await initBackend('wasm');
  const { weights, denoiser } = await tinyDenoiser();
  const net = {
    config: denoiser!.config,
    weights: new Map(
      [...weights].map(([name, { shape, data }]) => [
        name,
        // It predicts nothing: what a state ends as is the state itself, scaled, and the noise on the way.
        uploadKept(name.startsWith('final.out') ? new Float32Array(data.length) : data, [...shape]),
      ]),
    ),
  };
  const light: Judge = (x) => tf.mean(x, 1) as Tensor1D;
  const dark: Judge = (x) => tf.neg(tf.mean(x, 1)) as Tensor1D;
  const looked: [number, number][] = [];
  const found = await measureAgreement(net, {
    pairs: 12,
    continuations: 2,
    rng: createRng(4),
    reward: light,
    labels: { light, dark },
    tick: async (done, total) => void looked.push([done, total]),
  });
  expect(found.map(({ t }) => t)).toEqual([999, 799, 599, 399, 199]);
  for (const { labels, final } of found) {
    expect(labels['light']!.share + labels['dark']!.share).toBeCloseTo(1, 6);
    for (const { share, worth } of [labels['light']!, final]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      expect(worth).toBeGreaterThan(1);
      expect(worth).toBeLessThanOrEqual(12 + 1e-6);
    }
  }
  // Near the image little noise is left to come between.
  expect(found.at(-1)!.labels['light']!.share).toBeGreaterThan(0.75);
  expect(looked.at(-1)).toEqual([looked.length, looked.length]);
  tf.dispose([...net.weights.values()]);
});
