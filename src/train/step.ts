/**
 * One optimiser step: the picture of the program. Batch, policy scores, the method's loss, backward, update, metrics;
 * the reference's log-probs are constants that were computed before training.
 */
import type { AdamWState } from '../kernels/adamw';
import { adamWStep } from '../kernels/adamw';
import type { Method, Params } from '../methods/method';
import type { ModelConfig } from '../model/config';
import type { Network, Weights } from '../model/network';
import type { BatchTensors } from '../model/transformer';
import { scoreBatch, uploadBatch } from '../model/transformer';
import type { Scalar, Tensor, Tensor1D } from '../tf';
import { readFloats, tf } from '../tf';
import { packForest } from '../tree/pack';
import type { PackedBatch } from '../tree/packed-batch';
import { joinEntries } from '../tree/split-entries';
import type { PreferenceTree } from '../tree/tree';
import { createRng } from '../util/rng';
import { lossInput } from './inputs';
import type { MicroBatchReport } from './metrics';
import { stepMetrics } from './metrics';

/** Log-probs per entry of each tree, by tree id, under a model that does not change. */
export type TreeLogProbs = ReadonlyMap<string, Float32Array>;

/** What a step reads and writes. */
export interface StepState extends Pick<Network, 'lora' | 'checkpointing'> {
  config: ModelConfig;
  /** The weights that are trained. Updated in place, or the entries are replaced. */
  parameters: Map<string, Tensor>;
  /** The weights that are not; none when left out. */
  frozen?: Weights;
  /** Share of the inputs of an adapter's A that a training step leaves out; 0 when left out. */
  dropout?: number;
  optimizer: AdamWState;
  method: Method;
  params: Params;
  reference: TreeLogProbs | undefined;
  guide: TreeLogProbs | undefined;
}

export interface StepHyper {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  maxGradNorm: number;
  /** 1-based, for Adam's bias correction. */
  step: number;
  /** Of the run; decides what dropout leaves out. */
  seed?: number;
}

/** The log-probs of the batch's trees joined in entry order, padding zero. @throws when a tree was never scored. */
export const joinTreeLogProbs = (batch: PackedBatch, byTree: TreeLogProbs): Float32Array =>
  joinEntries(
    batch,
    batch.trees.map(({ id }) => {
      const values = byTree.get(id);
      if (!values) throw new Error(`Tree "${id}" has no cached log-probs; score the data again.`);
      return values;
    }),
  );

/** Constant inputs of one micro-batch: c_t and the reference's log-probs. */
export const constantsOf = (
  batch: PackedBatch,
  state: Pick<StepState, 'method' | 'params' | 'reference' | 'guide'>,
) => {
  const referenceLogProb = state.reference && joinTreeLogProbs(batch, state.reference);
  const guideLogProb = state.guide && joinTreeLogProbs(batch, state.guide);
  const weight = state.method.weights
    ? state.method.weights({ batch, referenceLogProb, guideLogProb }, state.params)
    : batch.entries.weight;
  return { referenceLogProb, guideLogProb, weight };
};

/** The network of a step, without dropout: frozen weights and those that are trained, or stand-ins for the latter. */
export const networkOf = (
  { config, parameters, frozen, lora, checkpointing }: StepState,
  trained: ReadonlyMap<string, Tensor> = parameters,
): Network => ({
  config,
  weights: new Map([...(frozen ?? []), ...trained]),
  ...(lora ? { lora } : {}),
  ...(checkpointing === undefined ? {} : { checkpointing }),
});

/** What one forward pass gives, kept until `readReport`. */
export interface Forward {
  loss: Scalar;
  logProb: Tensor1D;
  chosenRewards: Tensor1D | undefined;
  rejectedRewards: Tensor1D | undefined;
  aux: [string, Scalar][];
}

/** Policy scores and the method's loss on one micro-batch. */
export const forwardPass = (
  network: Network,
  batch: PackedBatch,
  state: StepState,
  tensors: BatchTensors,
): Forward => {
  const { referenceLogProb, weight } = constantsOf(batch, state);
  const policy = scoreBatch(network, tensors, weight); //                 logProb [M], stepSum [S]
  const input = lossInput(batch, policy, referenceLogProb, weight); //    sides [C]
  const output = state.method.loss(input, state.params); //               scalar, rewards [C]
  return {
    loss: tf.keep(output.loss),
    logProb: tf.keep(policy.logProb),
    chosenRewards: output.chosenRewards && tf.keep(output.chosenRewards),
    rejectedRewards: output.rejectedRewards && tf.keep(output.rejectedRewards),
    aux: Object.entries(output.aux ?? {}).map(([name, value]) => [name, tf.keep(value)]),
  };
};

/** Forward and backward of one micro-batch. All tensors of the result are the caller's to dispose. */
const backward = (
  batch: PackedBatch,
  state: StepState,
  dropoutSeed: number,
): { forward: Forward; gradients: Map<string, Tensor> } => {
  const names = [...state.parameters.keys()];
  let forward: Forward | undefined;
  const gradients = tf.tidy(() => {
    const tensors = uploadBatch(batch, state.config);
    const { grads } = tf.valueAndGrads((...values: Tensor[]) => {
      const network = networkOf(state, new Map(names.map((name, i) => [name, values[i]!])));
      if (network.lora && state.dropout) {
        network.lora = { ...network.lora, dropout: { rate: state.dropout, seed: dropoutSeed } };
      }
      forward = forwardPass(network, batch, state, tensors);
      return forward.loss;
    })([...state.parameters.values()]);
    return grads;
  });
  return { forward: forward!, gradients: new Map(names.map((name, i) => [name, gradients[i]!])) };
};

/** Size by which micro-batches are weighted: comparisons, or scored tokens where the loss is a mean over tokens. */
export const batchWeight = (batch: PackedBatch): number => batch.comparisons.length || batch.entries.used;

const sumOver = (logProb: Float32Array, batch: PackedBatch, side: 'chosen' | 'rejected'): Float64Array =>
  Float64Array.from(batch.comparisons, (comparison) => {
    const { entryStart, entryEnd } = batch.responses[comparison[side]]!;
    let sum = 0;
    for (let i = entryStart; i < entryEnd; i++) sum += logProb[i]!;
    return sum;
  });

/** Reads what a micro-batch reports, and disposes the tensors. This is where the step waits for the device. */
export const readReport = async (batch: PackedBatch, forward: Forward): Promise<MicroBatchReport> => {
  const kept: Tensor[] = [forward.loss, forward.logProb, ...forward.aux.map(([, value]) => value)];
  if (forward.chosenRewards) kept.push(forward.chosenRewards);
  if (forward.rejectedRewards) kept.push(forward.rejectedRewards);
  try {
    const logProb = await readFloats(forward.logProb);
    const report: MicroBatchReport = {
      loss: (await readFloats(forward.loss))[0]!,
      size: batchWeight(batch),
      aux: {},
      tokens: batch.tokenCount,
    };
    for (const [name, value] of forward.aux) report.aux[name] = (await readFloats(value))[0]!;
    if (batch.comparisons.length > 0) {
      report.chosenLogps = sumOver(logProb, batch, 'chosen');
      report.rejectedLogps = sumOver(logProb, batch, 'rejected');
      if (forward.chosenRewards) report.chosenRewards = await readFloats(forward.chosenRewards);
      if (forward.rejectedRewards) report.rejectedRewards = await readFloats(forward.rejectedRewards);
    }
    return report;
  } finally {
    for (const tensor of new Set(kept)) tensor.dispose();
  }
};

const addScaled = (total: Map<string, Tensor> | undefined, part: Map<string, Tensor>, scale: number) => {
  const next = new Map<string, Tensor>();
  for (const [name, gradient] of part) {
    const before = total?.get(name);
    next.set(
      name,
      tf.tidy(() => {
        const scaled = scale === 1 ? gradient : tf.mul(gradient, scale);
        return before ? tf.add(before, scaled) : scaled.clone();
      }),
    );
    before?.dispose();
    gradient.dispose();
  }
  return next;
};

/**
 * One optimiser step over micro-batches of trees (gradient accumulation when there is more than one).
 * @returns the step's metrics with `grad_norm` (before clipping). When the loss or the norm is not finite the weights
 *   are left as they were, and the caller ends the run.
 */
export const trainStep = async (
  state: StepState,
  microBatches: readonly (readonly PreferenceTree[])[],
  hyper: StepHyper,
): Promise<{ metrics: Record<string, number>; tokens: number }> => {
  const batches = microBatches.map((trees) => packForest(trees, { pad: 'buckets' }));
  const total = batches.reduce((sum, batch) => sum + batchWeight(batch), 0);
  const pending: { batch: PackedBatch; forward: Forward }[] = [];
  let gradients: Map<string, Tensor> | undefined;
  const masks = createRng(hyper.seed ?? 0).fork(`dropout/${hyper.step}`);
  for (const batch of batches) {
    const part = backward(batch, state, masks.bits());
    gradients =
      batches.length === 1
        ? part.gradients
        : addScaled(gradients, part.gradients, batchWeight(batch) / total);
    pending.push({ batch, forward: part.forward });
  }
  const norm = adamWStep(state.optimizer, state.parameters, gradients!, hyper);
  for (const gradient of gradients!.values()) gradient.dispose();
  const reports: MicroBatchReport[] = [];
  for (const { batch, forward } of pending) reports.push(await readReport(batch, forward));
  const metrics = stepMetrics(reports);
  metrics['grad_norm'] = (await readFloats(norm))[0]!;
  metrics['learning_rate'] = hyper.learningRate;
  norm.dispose();
  return { metrics, tokens: reports.reduce((sum, r) => sum + r.tokens, 0) };
};
