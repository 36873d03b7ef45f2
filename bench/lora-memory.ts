import { createAdamW, disposeAdamW } from '../src/kernels/adamw';
import { uploadEntries } from '../src/kernels/entry-tensors';
import { linearLogProb } from '../src/kernels/linear-log-prob';
import type { PackedMatrix, Weight } from '../src/kernels/packed-matrix';
import { disposePacked, uploadPacked } from '../src/kernels/packed-matrix';
import { logistic } from '../src/methods/pairwise/dpo';
import type { ModelConfig } from '../src/model/config';
import { linearModules } from '../src/model/linear-modules';
import { freshLora, uploadLora } from '../src/model/lora';
import { disposeParameters, parameterShapes } from '../src/model/parameters';
import type { Scalar, Tensor, Tensor2D } from '../src/tf';
import { gpuStats, guardGpu, readFloats, resetGpuStats, tf, trimGpuPool } from '../src/tf';
import { trainStep } from '../src/train/step';
import { pairTree } from '../src/tree/build';
import { packForest } from '../src/tree/pack';
import type { Rng } from '../src/util/rng';
import { createRng } from '../src/util/rng';
import { needGpu } from './kernels-linear';
import type { Ratios, Say } from './report';

/** The shape of SmolLM2-135M. */
const smolLm2: ModelConfig = {
  family: 'llama',
  vocabSize: 49_152,
  hiddenSize: 576,
  intermediateSize: 1536,
  layers: 30,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  normEps: 1e-5,
  ropeTheta: 100_000,
  ropeScaling: undefined,
  biases: [],
  qkNorm: false,
  activation: 'silu',
  maxPositions: 8192,
  tieWordEmbeddings: true,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 2,
  source: {},
};

/** Halves of 0.005 and -0.0375 in one word: int4 values then lie evenly within 0.0375 of 0. */
const SCALE = 0xa8cd_1d1f | 0;

/** Random int4 blocks, made as such: what they stand for does not matter here, only that it is of a model's size. */
const randomPacked = (out: number, width: number, rng: Rng): PackedMatrix =>
  uploadPacked({
    format: 'int4',
    shape: [out, width],
    block: 32,
    values: Int32Array.from({ length: (out * width) / 8 }, () => rng.bits() | 0),
    scales: new Int32Array((out * width) / 32).fill(SCALE),
  });

const randomWeights = (config: ModelConfig, rng: Rng): Map<string, Weight> =>
  new Map(
    [...parameterShapes(config)].map(([name, shape]) => [
      name,
      shape.length === 1 ? tf.keep(tf.ones(shape)) : randomPacked(shape[0]!, shape[1]!, rng),
    ]),
  );

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Two answers of this many tokens, of which all but the first are scored. */
const pairOf = (length: number, config: ModelConfig, rng: Rng) => {
  const answer = () => [Array.from({ length: length - 1 }, () => 3 + rng.int(config.vocabSize - 3))];
  return pairTree({ id: 'pair', prompt: [5], chosenSteps: answer(), rejectedSteps: answer() });
};

/** Peak and seconds of one DPO step with an adapter of rank 8 on all linear modules, over int4 weights. */
const measureStep = async (config: ModelConfig, length: number, checkpointing: boolean) => {
  const rng = createRng(5);
  const frozen = randomWeights(config, rng);
  const parameters = uploadLora(
    freshLora(linearModules(config), { rank: 8, targetModules: ['all-linear'] }, rng),
  );
  const optimizer = createAdamW(parameters);
  const tree = pairOf(length, config, rng);
  const byTree = new Map([[tree.id, new Float32Array(packForest([tree]).entries.used)]]);
  const reference = { read: 'logProb' as const, byTree };
  trimGpuPool();
  resetGpuStats();
  const before = gpuStats().bytes;
  const start = performance.now();
  const state = {
    ...{ config, parameters, frozen, optimizer, checkpointing, lora: { scale: 2 } },
    ...{ objective: logistic({ beta: 0.1 }), constants: { reference } },
  };
  const rates = {
    learningRate: 1e-4,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
  };
  const { metrics } = await trainStep(state, [[tree]], { ...rates, step: 1 });
  const seconds = (performance.now() - start) / 1000;
  const peak = gpuStats().peakBytes;
  disposeAdamW(optimizer);
  disposeParameters(parameters);
  disposeParameters(frozen);
  trimGpuPool();
  return { before, peak, seconds, loss: metrics['loss']! };
};

/** What the projection to the vocabulary and the loss take beyond their inputs, forward and backward. */
const measureLoss = async (config: ModelConfig, length: number) => {
  const rng = createRng(6);
  const head = randomPacked(config.vocabSize, config.hiddenSize, rng);
  const batch = packForest([pairOf(length, config, rng)], { pad: 'buckets' });
  const hidden = tf.tensor2d(
    Float32Array.from({ length: batch.tokens.length * config.hiddenSize }, () => rng.normal()),
    [batch.tokens.length, config.hiddenSize],
  );
  const entries = uploadEntries(batch.entries);
  trimGpuPool();
  resetGpuStats();
  const before = gpuStats().bytes;
  const gradient = tf.tidy(() =>
    tf.grad((x: Tensor) => tf.sum(linearLogProb(x as Tensor2D, head, entries).stepSum) as Scalar)(hidden),
  );
  await readFloats(gradient);
  const extra = gpuStats().peakBytes - before;
  tf.dispose([gradient, hidden, ...Object.values(entries)]);
  disposePacked(head);
  trimGpuPool();
  return extra;
};

/**
 * Memory of a DPO step on the shape of SmolLM2-135M: int4 weights, rank 8, one pair of 2 x 512 tokens, layers computed again.
 * Bytes of GPU buffers at the peak, everything included; and the share of the vocabulary.
 */
export const benchLoraMemory = async (say: Say): Promise<Ratios> => {
  needGpu();
  return guardGpu(async () => {
    const loss = await measureLoss(smolLm2, 512);
    say(`vocabulary projection and loss, 2 x 512 tokens: ${megabytes(loss)} beyond its inputs`);
    const few = { ...smolLm2, layers: 2 };
    const kept = await measureStep(few, 512, false);
    const again = await measureStep(few, 512, true);
    say(
      `2 layers: ${megabytes(kept.peak)} keeping activations (${kept.seconds.toFixed(0)} s), ${megabytes(again.peak)} computing them again (${again.seconds.toFixed(0)} s)`,
    );
    const whole = await measureStep(smolLm2, 512, true);
    say(
      `30 layers, computing again: ${megabytes(whole.peak)} at the peak, ${megabytes(whole.before)} before the step; ${whole.seconds.toFixed(0)} s; loss ${whole.loss.toFixed(4)}`,
    );
    return {
      'loraMemory.megabytes': whole.peak / 1e6,
      'loraMemory.lossMegabytes': loss / 1e6,
      'loraMemory.checkpointing': kept.peak / again.peak,
    };
  });
};
