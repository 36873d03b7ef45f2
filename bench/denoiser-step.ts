import { askedFor, stateAt } from '../src/diffusion/images';
import type { DenoiserConfig } from '../src/diffusion/net/config';
import { denoiserShapes } from '../src/diffusion/net/config';
import { IMAGE, TIMES } from '../src/diffusion/net/schedule';
import { imageScorer, packImages } from '../src/diffusion/scorer';
import { conditionAt } from '../src/diffusion/world/condition';
import { drawImage, SIZE } from '../src/diffusion/world/draw';
import { adamWStep, createAdamW, createAdamWPlain, disposeAdamW } from '../src/kernels/adamw';
import { withPlainKernels } from '../src/kernels/op';
import { denoisingLogistic } from '../src/methods/denoising/diffusion-dpo';
import type { Scalar, Tensor } from '../src/tf';
import { tf } from '../src/tf';
import { lossInput } from '../src/train/inputs/loss-input';
import type { PreferenceTree } from '../src/tree/tree';
import { createRng } from '../src/util/rng';
import { assertClose, timeInTurns } from './measure';
import type { Ratios, Say } from './report';

const config: DenoiserConfig = { hiddenSize: 48, layers: 3, heads: 4, patch: 3 };
const hyper = {
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 1e-4,
  maxGradNorm: 1,
};

const pairsOf = (count: number): PreferenceTree[] => {
  const rng = createRng(3);
  return Array.from({ length: count }, (_, i) => {
    const condition = conditionAt(i);
    const noise = Float32Array.from({ length: SIZE }, () => rng.normal());
    const draw = { t: rng.int(TIMES), noise };
    const image = () => ({ ...stateAt(IMAGE, drawImage(condition, rng).image), draw });
    return {
      id: `${i}`,
      nodes: [askedFor(condition), image(), image()],
      responses: [{ leaf: 1 }, { leaf: 2 }],
      comparisons: [{ chosen: 0, rejected: 1 }],
    };
  });
};

const randomWeights = (): Map<string, Tensor> => {
  const rng = createRng(5);
  return new Map(
    [...denoiserShapes(config)].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: size }, () => 0.1 * rng.normal());
      return [name, tf.keep(tf.tensor(values, shape))];
    }),
  );
};

/**
 * One step of Diffusion-DPO of the shapes-nano shape (forward, backward, AdamW): on our kernels, and with every one of them in plain
 * tfjs operations. Both begin at the same weights and must agree on the losses of the first steps.
 */
export const benchDenoiserStep = async (
  say: Say,
  { pairs = 32, rounds = 3 }: { pairs?: number; rounds?: number } = {},
): Promise<Ratios> => {
  const batch = packImages(pairsOf(pairs));
  const objective = denoisingLogistic({ beta: 200 });
  const scorer = imageScorer(config);
  const start = randomWeights();
  const scored = tf.tidy(() => scorer.score(start, batch).logProb);
  const reference = ((await scored.data()) as Float32Array).slice();
  tf.dispose([scored, ...start.values()]);
  const side = (plain: boolean) => {
    const weights = randomWeights();
    const state = plain ? createAdamWPlain(weights) : createAdamW(weights);
    const names = [...weights.keys()];
    let step = 0;
    const once = () => {
      const { value, grads } = tf.tidy(() =>
        tf.valueAndGrads((...values: Tensor[]) => {
          const trained = new Map(names.map((name, i) => [name, values[i]!]));
          return objective.loss(lossInput(batch, scorer.score(trained, batch), { reference })).loss as Scalar;
        })([...weights.values()]),
      );
      const gradients = new Map(names.map((name, i) => [name, grads[i]!]));
      const norm = adamWStep(state, weights, gradients, { ...hyper, step: ++step });
      tf.dispose(grads);
      return [value, norm] as const;
    };
    return {
      run: async () => {
        const [value, norm] = plain ? withPlainKernels(once) : once();
        const [loss] = await value.data();
        await norm.data();
        tf.dispose([value, norm]);
        return loss!;
      },
      dispose: () => {
        disposeAdamW(state);
        tf.dispose([...weights.values()]);
      },
    };
  };
  const [ours, plain] = [side(false), side(true)];
  for (let i = 1; i <= 2; i++) assertClose(`loss at step ${i}`, await ours.run(), await plain.run(), 1e-3);
  const ms = await timeInTurns({ ours: ours.run, plain: plain.run }, rounds);
  ours.dispose();
  plain.dispose();
  say(`${pairs} pairs: ours ${ms.ours.toFixed(0)} ms, plain tfjs operations ${ms.plain.toFixed(0)} ms`);
  return { denoiserStep: ms.plain / ms.ours };
};
