import { beforeAll, describe, expect, it } from 'vitest';
import { askedFor, stateAt } from '../../src/diffusion/images';
import type { Denoiser } from '../../src/diffusion/net/denoiser';
import { predictV } from '../../src/diffusion/net/denoiser';
import { stepOf } from '../../src/diffusion/net/sample';
import { asDenoising, grid, IMAGE, transition } from '../../src/diffusion/net/schedule';
import { imageScorer, packImages } from '../../src/diffusion/scorer';
import { SIZE } from '../../src/diffusion/world/draw';
import { createAdamW, disposeAdamW } from '../../src/kernels/adamw';
import { denoisingLogistic } from '../../src/methods/denoising/diffusion-dpo';
import type { BackendChoice, Tensor, Tensor2D } from '../../src/tf';
import { initBackend, tf } from '../../src/tf';
import { trainStep } from '../../src/train/step';
import type { PreferenceTree } from '../../src/tree/tree';
import type { Golden } from './golden-denoiser';
import { loadGoldenDenoiser, onDevice } from './golden-denoiser';
import type { GoldenFiles } from './golden-files';

const floats = async (tensor: Tensor) => (await tensor.data()) as Float32Array;

/** Holds the denoiser against PyTorch, on one backend. */
export const describeDenoiserParity = (backend: BackendChoice, files: GoldenFiles) =>
  describe(`the denoiser against PyTorch on ${backend}`, () => {
    let golden: Golden;
    let net: Denoiser;
    const images = (values: readonly number[]): Tensor2D =>
      tf.tensor2d([...values], [values.length / SIZE, SIZE]);
    beforeAll(async () => {
      await initBackend(backend);
      golden = await loadGoldenDenoiser(files);
      net = onDevice(golden.fixture.config, golden.policy);
    });

    it('gives the same v, and the same gradients of images and of every weight', async () => {
      const { forward } = golden.fixture;
      const v = predictV(net, images(forward.images), forward.times, golden.conditions);
      expect(await floats(v)).toBeAllclose(forward.v, { rtol: 1e-4, atol: 1e-4 });
      const names = [...net.weights.keys()];
      const f = (x: Tensor, ...values: Tensor[]) => {
        const own = { ...net, weights: new Map(names.map((name, i) => [name, values[i]!])) };
        return tf.sum(
          tf.mul(predictV(own, x as Tensor2D, forward.times, golden.conditions), images(forward.dy)),
        );
      };
      const [dx, ...rest] = tf.grads(f)([images(forward.images), ...net.weights.values()]);
      expect(await floats(dx!)).toBeAllclose(forward.gradient, { rtol: 1e-4, atol: 1e-4 });
      for (const [i, name] of names.entries()) {
        const own = await floats(rest[i]!);
        const norm = Math.hypot(...own);
        expect(Math.abs(norm - forward.norms[name]!) / forward.norms[name]!, name).toBeLessThan(1e-4);
        expect(own.slice(0, 6), name).toBeAllclose(forward.weights[name]!, {
          rtol: 1e-4,
          atol: 1e-4 * Math.max(1, norm),
        });
      }
    });

    it('takes the same step of Diffusion-DPO: loss, gradient norm, weights after AdamW', async () => {
      const { training, config } = golden.fixture;
      const objective = denoisingLogistic({ beta: training.beta });
      const scorer = imageScorer(config);
      const numbers = (values: readonly number[], at: number) =>
        Float32Array.from(values.slice(at * SIZE, (at + 1) * SIZE));
      const trees = training.times.map((t, i): PreferenceTree => {
        const draw = { t, noise: numbers(training.noise, i) };
        const image = (k: number) => ({ ...stateAt(IMAGE, numbers(training.images, 2 * i + k)), draw });
        return {
          id: `${i}`,
          nodes: [askedFor(golden.conditions[i]!), image(0), image(1)],
          responses: [{ leaf: 1 }, { leaf: 2 }],
          comparisons: [{ chosen: 0, rejected: 1 }],
        };
      });
      const batch = packImages(trees);
      const reference = onDevice(config, golden.reference).weights;
      const kept = await floats(tf.tidy(() => scorer.score(reference, batch).logProb));
      const parameters = new Map(onDevice(config, golden.policy).weights);
      const optimizer = createAdamW(parameters);
      const byTree = new Map(
        batch.trees.map(({ id, entryStart, entryEnd }) => [id, kept.slice(entryStart, entryEnd)]),
      );
      const { metrics } = await trainStep(
        {
          get config(): never {
            throw new Error('A denoiser has no configuration for text.');
          },
          scorer,
          parameters,
          frozen: new Map(),
          dropout: 0,
          checkpointing: false,
          optimizer,
          objective,
          constants: { reference: { read: 'logProb', byTree } },
        },
        [trees],
        {
          ...{ learningRate: training.learningRate, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
          ...{ weightDecay: 1e-4, maxGradNorm: 1, step: 1 },
        },
      );
      expect(Math.abs(metrics['loss']! / training.loss - 1)).toBeLessThan(1e-4);
      expect(Math.abs(metrics['grad_norm']! / training.norm - 1)).toBeLessThan(1e-4);
      for (const [name, after] of Object.entries(training.after)) {
        const own = await floats(parameters.get(name)!);
        expect(own.slice(0, after.length), name).toBeAllclose(after, { rtol: 1e-4, atol: 1e-4 });
      }
      disposeAdamW(optimizer);
      tf.dispose([...parameters.values(), ...reference.values()]);
    });

    it('walks the same ways from noise to image', async () => {
      const { noise, draws, trajectories } = golden.fixture.sampling;
      const size = noise.length;
      const from = onDevice(golden.fixture.config, golden.reference);
      for (const { eta, clamp, images: expected } of trajectories) {
        let x = images(noise);
        for (let i = 0; i + 1 < grid.length; i++) {
          const [t, p] = [grid[i]!, grid[i + 1]!];
          const draw = p === IMAGE ? undefined : Float32Array.from(draws.slice(i * size, (i + 1) * size));
          x = stepOf(from, x, golden.conditions, { t, p, eta, clamp, draw });
        }
        const scale = Math.max(1, ...expected.map(Math.abs));
        expect(await floats(x), `eta ${eta}, clamp ${clamp}`).toBeAllclose(expected, {
          rtol: 1e-4,
          atol: 1e-4 * scale,
        });
      }
    });

    it('gives transitions the same log-probs, as denoising errors', async () => {
      const x = images(golden.fixture.forward.images);
      const from = onDevice(golden.fixture.config, golden.reference);
      for (const { from: t, to, sigma, target, logProb } of golden.fixture.transitions) {
        const step = transition(t, to, 1);
        expect(step.sigma).toBeCloseTo(sigma, 6);
        const { factor, constant } = asDenoising(step);
        const v = predictV(from, x, new Int32Array(3).fill(t), golden.conditions);
        const tau = tf.div(tf.sub(images(target), tf.mul(x, step.fromX)), step.fromV);
        const logs = tf.add(tf.mul(tf.mean(tf.squaredDifference(v, tau), 1), -factor), constant);
        expect(await floats(logs)).toBeAllclose(logProb, { rtol: 1e-4, atol: 1e-4 });
      }
    });
  });
