/**
 * One optimiser step: the picture of the program. Batch, policy scores, the objective's loss, backward, update, metrics;
 * the reference's log-probs are constants that were computed before training.
 */
import type { AdamWState } from '../kernels/adamw';
import { adamWStep } from '../kernels/adamw';
import { readTogether } from '../kernels/read-together';
import type { Objective, Reads } from '../methods/objective';
import type { ModelConfig } from '../model/config';
import type { Network, Weights } from '../model/network';
import type { BatchTensors } from '../model/transformer';
import { uploadBatch } from '../model/transformer';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import { packForest } from '../tree/pack';
import type { PackedBatch } from '../tree/packed-batch';
import type { PreferenceTree } from '../tree/tree';
import { createRng } from '../util/rng';
import type { PolicyScores } from './inputs/loss-input';
import { lossInput } from './inputs/loss-input';
import type { MicroBatchReport } from './metrics';
import { stepMetrics } from './metrics';
import type { ReferenceStates } from './policy-scores';
import { policyScores } from './policy-scores';
import type { Scorer } from './scorer';
import type { TreeNumbers } from './tree-numbers';
import { joinTreeNumbers, joinTreeStates } from './tree-numbers';

/** What a step reads and writes. */
export interface StepState extends Pick<Network, 'lora' | 'checkpointing'> {
  /** Of a model of text; not asked for where there is a scorer. */
  readonly config: ModelConfig;
  /** What packs and scores trees of another medium than text. */
  scorer?: Scorer;
  /** The weights that are trained. Updated in place, or the entries are replaced. */
  parameters: Map<string, Tensor>;
  /** The weights that are not; none when left out. */
  frozen?: Weights;
  /** Share of the inputs of an adapter's A that a training step leaves out; 0 when left out. */
  dropout?: number;
  optimizer: AdamWState;
  objective: Objective;
  /** The token that ends an answer, where the objective reads its log-prob. */
  eos?: number;
  /** Numbers of the frozen models that the objective reads, by name; `reference` among them. */
  constants: Readonly<Record<string, TreeNumbers>>;
  /** Where the objective reads the divergence from the reference: its final hidden states, */
  referenceStates?: TreeNumbers;
  /** and its output head [V, d], left out where the policy's is frozen and thus the same. */
  referenceHead?: Tensor2D;
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

/** A micro-batch ready to be scored: packed, with the objective's coefficients, and the constants in its order. */
export interface PreparedBatch {
  batch: PackedBatch;
  constants: Record<string, Float32Array>;
  reference?: ReferenceStates;
}

/** How a batch is packed for what is read of it. @throws when EOS is read and there is none */
export const stopOf = ({ stop }: Pick<Reads, 'stop'>, eos: number | undefined): { stop?: number } => {
  if (!stop) return {};
  if (eos === undefined) throw new Error('The loss reads log p(EOS), and the tokenizer has no EOS.');
  return { stop: eos };
};

/** Packs trees for an objective. Trees have been checked when they were made. */
export const prepareBatch = (
  trees: readonly PreferenceTree[],
  state: Pick<
    StepState,
    'config' | 'scorer' | 'objective' | 'constants' | 'eos' | 'referenceStates' | 'referenceHead'
  >,
): PreparedBatch => {
  const { scorer, objective, constants, eos, referenceStates, referenceHead } = state;
  const batch = scorer
    ? scorer.pack(trees)
    : packForest(trees, { pad: 'buckets', checked: true, ...stopOf(objective.reads, eos) });
  const joined = Object.fromEntries(
    Object.entries(constants).map(([name, numbers]) => [name, joinTreeNumbers(batch, numbers)]),
  );
  if (objective.coefficients) {
    batch.entries.weight = objective.coefficients({ batch, constants: joined }); // c_t [M]
  }
  if (!referenceStates) return { batch, constants: joined };
  const hidden = joinTreeStates(batch, referenceStates, state.config.hiddenSize); // [R, d]
  const reference = { hidden, ...(referenceHead && { head: referenceHead }) };
  return { batch, constants: joined, reference };
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

/** What one forward pass gives, kept until `readReports`. */
export interface Forward {
  loss: Scalar;
  /** What the loss is a mean over. */
  over: number;
  logProb: Tensor1D;
  rewards: Tensor1D | undefined;
  aux: [string, Scalar][];
}

/** The objective's loss on scores of one micro-batch. */
const lossOf = (
  scores: PolicyScores,
  { batch, constants }: PreparedBatch,
  { objective }: Pick<StepState, 'objective'>,
): Forward => {
  const output = objective.loss(lossInput(batch, scores, constants)); // scalar, rewards [P]
  return {
    loss: tf.keep(output.loss),
    over: output.over,
    logProb: tf.keep(scores.logProb),
    rewards: output.rewards && tf.keep(output.rewards),
    aux: Object.entries(output.aux ?? {}).map(([name, value]) => [name, tf.keep(value)]),
  };
};

/** Policy scores and the objective's loss on one micro-batch of text. */
export const forwardPass = (
  network: Network,
  prepared: PreparedBatch,
  state: Pick<StepState, 'objective'>,
  tensors: BatchTensors,
): Forward => {
  const { batch, reference } = prepared;
  const scores = policyScores(network, batch, tensors, state.objective.reads, reference); // logProb [M], stepSum [S]
  return lossOf(scores, prepared, state);
};

/** What one forward pass gives an objective under the present weights, whatever the medium. */
export const presentScores = (prepared: PreparedBatch, state: StepState): PolicyScores => {
  const { batch, reference } = prepared;
  const { scorer, objective, parameters } = state;
  if (scorer) return scorer.score(parameters, batch);
  const tensors = uploadBatch(batch, state.config);
  return policyScores(networkOf(state), batch, tensors, objective.reads, reference);
};

/** Forward and backward of one micro-batch. All tensors of the result are the caller's to dispose. */
const backward = (
  prepared: PreparedBatch,
  state: StepState,
  dropoutSeed: number,
): { forward: Forward; gradients: Map<string, Tensor> } => {
  const names = [...state.parameters.keys()];
  let forward: Forward | undefined;
  const { scorer } = state;
  const gradients = tf.tidy(() => {
    const tensors = scorer ? undefined : uploadBatch(prepared.batch, state.config);
    const { grads } = tf.valueAndGrads((...values: Tensor[]) => {
      const trained = new Map(names.map((name, i) => [name, values[i]!]));
      if (!tensors) {
        forward = lossOf(scorer!.score(trained, prepared.batch), prepared, state);
        return forward.loss;
      }
      const network = networkOf(state, trained);
      if (network.lora && state.dropout) {
        network.lora = { ...network.lora, dropout: { rate: state.dropout, seed: dropoutSeed } };
      }
      forward = forwardPass(network, prepared, state, tensors);
      return forward.loss;
    })([...state.parameters.values()]);
    return grads;
  });
  return { forward: forward!, gradients: new Map(names.map((name, i) => [name, gradients[i]!])) };
};

const sumOver = (logProb: Float32Array, batch: PackedBatch, side: 'chosen' | 'rejected'): Float64Array =>
  Float64Array.from(batch.comparisons, (comparison) => {
    const { entryStart, entryEnd } = batch.responses[comparison[side]]!;
    let sum = 0;
    for (let i = entryStart; i < entryEnd; i++) sum += logProb[i]!;
    return sum;
  });

/** What a forward pass reports, from the values of its tensors in the order of `tensorsOf`. */
const reportOf = (
  batch: PackedBatch,
  forward: Forward,
  values: readonly Float32Array[],
): MicroBatchReport => {
  const [loss, logProb, ...rest] = values as [Float32Array, Float32Array, ...Float32Array[]];
  const report: MicroBatchReport = {
    loss: loss[0]!,
    over: forward.over,
    aux: Object.fromEntries(forward.aux.map(([name], i) => [name, rest[i]![0]!])),
    tokens: batch.tokenCount,
  };
  if (batch.comparisons.length > 0) {
    report.chosenLogps = sumOver(logProb, batch, 'chosen');
    report.rejectedLogps = sumOver(logProb, batch, 'rejected');
    if (forward.rewards) {
      const rewards = rest[forward.aux.length]!;
      report.chosenRewards = Float32Array.from(batch.comparisons, (c) => rewards[c.chosen]!);
      report.rejectedRewards = Float32Array.from(batch.comparisons, (c) => rewards[c.rejected]!);
    }
  }
  return report;
};

const tensorsOf = ({ loss, logProb, aux, rewards }: Forward): Tensor[] => [
  loss,
  logProb,
  ...aux.map(([, value]) => value),
  ...(rewards ? [rewards] : []),
];

/**
 * Reads what forward passes report, and further scalars, all with one wait for the device; disposes every tensor.
 * @returns the reports in order, and the scalars
 */
export const readReports = async (
  passes: readonly { batch: PackedBatch; forward: Forward }[],
  ...scalars: Tensor[]
): Promise<{ reports: MicroBatchReport[]; scalars: number[] }> => {
  const tensors = [...passes.flatMap(({ forward }) => tensorsOf(forward)), ...scalars];
  try {
    const values = await readTogether(tensors);
    const reports = passes.map(({ batch, forward }) =>
      reportOf(batch, forward, values.splice(0, tensorsOf(forward).length)),
    );
    return { reports, scalars: values.map((value) => value[0]!) };
  } finally {
    for (const tensor of new Set(tensors)) tensor.dispose();
  }
};

/** total + scale * part, tensor by tensor; disposes both. */
const addScaled = (
  total: ReadonlyMap<string, Tensor> | undefined,
  part: ReadonlyMap<string, Tensor>,
  scale: number,
) => {
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
  const pending: { batch: PackedBatch; forward: Forward }[] = [];
  let gradients: Map<string, Tensor> | undefined;
  let over = 0;
  const masks = createRng(hyper.seed ?? 0).fork(`dropout/${hyper.step}`);
  for (const trees of microBatches) {
    const prepared = prepareBatch(trees, state);
    const part = backward(prepared, state, masks.bits());
    over += part.forward.over;
    // Sums of what each mean is over; divided once all are known.
    gradients =
      microBatches.length === 1 ? part.gradients : addScaled(gradients, part.gradients, part.forward.over);
    pending.push({ batch: prepared.batch, forward: part.forward });
  }
  if (microBatches.length > 1) gradients = addScaled(undefined, gradients!, 1 / Math.max(1, over));
  const norm = adamWStep(state.optimizer, state.parameters, gradients!, hyper);
  for (const gradient of gradients!.values()) gradient.dispose();
  const { reports, scalars } = await readReports(pending, norm); // the one wait of the step
  const metrics = stepMetrics(reports);
  metrics['grad_norm'] = scalars[0]!;
  metrics['learning_rate'] = hyper.learningRate;
  return { metrics, tokens: reports.reduce((sum, r) => sum + r.tokens, 0) };
};
