import { linear } from '../kernels/linear';
import { linearKl } from '../kernels/linear-kl';
import { linearLogProb } from '../kernels/linear-log-prob';
import { linearSquares } from '../kernels/linear-squares';
import { sparseMatrix, sparseProduct } from '../kernels/sparse-product';
import type { Side } from '../kernels/streamed-rows';
import { takeRows } from '../kernels/take-rows';
import { detach } from '../methods/maths';
import type { Head, Reads } from '../methods/objective';
import { outputHead } from '../model/head';
import { headBias, headWeight, trunkOf } from '../model/heads';
import type { Network } from '../model/network';
import type { BatchTensors } from '../model/transformer';
import { forwardHidden } from '../model/transformer';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';
import type { PolicyScores } from './inputs/loss-input';
import { range } from './inputs/step-sums';

/** Positions in the batch at which a head is read, in the order of its grain; -1 for padding. */
const headPositions = ({ entries, steps, responses }: PackedBatch, at: Head['at']): number[] => {
  if (at === 'step') return steps.map(({ lastToken }) => lastToken);
  if (at === 'answer') return responses.map(({ stepEnd }) => steps[stepEnd - 1]!.lastToken);
  return Array.from(entries.row, (r, m) => (m < entries.used ? entries.rows[r]! : -1));
};

/**
 * Values of a linear head at each state, step or answer.
 * @param hidden [N, d]
 * @returns [M], [S] or [P]; 0 on padding
 */
export const headValues = (
  { weights }: Network,
  hidden: Tensor2D,
  batch: PackedBatch,
  { name, at, tanh }: Head,
): Tensor1D =>
  tf.tidy(() => {
    const [weight, bias] = [weights.get(headWeight(name)), weights.get(headBias(name))];
    if (!weight || !bias) throw new Error(`The network has no head "${name}".`);
    const everywhere = tf.add(
      tf.reshape(linear(hidden, weight as Tensor2D), [-1]),
      bias as Tensor1D,
    ) as Tensor1D; // [N]
    const positions = headPositions(batch, at);
    const rows = positions.map((position) => (position < 0 ? [] : ([[position, 1]] as const)));
    const values = sparseProduct(sparseMatrix(rows, hidden.shape[0]), everywhere);
    return tanh ? (tf.tanh(values) as Tensor1D) : values;
  });

/** Mean of the hidden states over the scored tokens of each step, without history. [S, d] */
const pooledHidden = ({ steps, size }: PackedBatch, hidden: Tensor2D): Tensor2D => {
  const mean = new Float32Array(steps.length * size);
  steps.forEach(({ entryStart, entryEnd, lastToken }, s) => {
    const length = entryEnd - entryStart;
    for (const position of range(lastToken + 1 - length, lastToken + 1))
      mean[s * size + position] = 1 / length;
  });
  const fixed = tf.reshape(detach(tf.reshape(hidden, [-1]) as Tensor1D), hidden.shape) as Tensor2D;
  return tf.matMul(tf.tensor2d(mean, [steps.length, size]), fixed);
};

/** log p(EOS) at each scored state, from the entries that were packed behind the others. [M], 0 on padding */
const stopLogProbs = ({ entries: { used, count } }: PackedBatch, logProb: Tensor1D): Tensor1D =>
  tf.pad(tf.slice(logProb, [used], [used]), [[0, count - used]]) as Tensor1D;

/** Numbers of the batch's rows at each scored state. @param perRow [R]; @returns [M], 0 on padding */
const atEntries = ({ entries: { used, count, row, rows } }: PackedBatch, perRow: Tensor1D): Tensor1D => {
  const own = range(0, count).map((m) => (m < used ? ([[row[m]!, 1]] as const) : []));
  return sparseProduct(sparseMatrix(own, rows.length), perRow);
};

/** What is read of the whole next-token distribution, at the rows that are scored. */
const distributionScores = (
  policy: Side, // hidden [R, d]
  batch: PackedBatch,
  { kl, squares }: Pick<Reads, 'kl' | 'squares'>,
  reference: ReferenceStates | undefined,
): Pick<PolicyScores, 'kl' | 'squares'> => {
  const divergence = (direction: NonNullable<Reads['kl']>) => {
    if (!reference)
      throw new Error('The loss reads the divergence from the reference, whose states are not here.');
    const hidden = tf.tensor2d(reference.hidden, policy.hidden.shape);
    return linearKl(policy, { hidden, head: reference.head ?? policy.head }, direction);
  };
  return {
    ...(kl && { kl: atEntries(batch, divergence(kl)) }),
    ...(squares && { squares: atEntries(batch, linearSquares(policy)) }),
  };
};

/** The reference on a batch, as constants. */
export interface ReferenceStates {
  /** Final hidden states of the batch's rows [R, d], see `joinTreeStates`. */
  hidden: Float32Array;
  /** Its output head [V, d]; left out where it is the policy's own, which then must be frozen. */
  head?: Tensor2D;
}

/**
 * One forward pass, and of it what an objective reads. Differentiable in the network's tensors, heads included.
 * @param batch packed for these reads, see `stopOf`
 * @param reference where the objective reads the divergence from it
 */
export const policyScores = (
  network: Network,
  batch: PackedBatch,
  tensors: BatchTensors,
  reads: Pick<Reads, 'stop' | 'head' | 'hidden' | 'kl' | 'squares'>,
  reference?: ReferenceStates,
): PolicyScores => {
  const hidden = forwardHidden(network, tensors); // [N, d]
  const head = outputHead(network);
  const { logProb, stepSum } = linearLogProb(hidden, head, tensors.entries);
  const valued = () =>
    reads.head?.trunk ? forwardHidden(trunkOf(network, reads.head.name), tensors) : hidden;
  const states = () => ({ hidden: takeRows(hidden, tensors.entries.rows), head }); // [R, d]
  return {
    logProb,
    stepSum,
    ...(reads.stop && { stop: stopLogProbs(batch, logProb) }),
    ...(reads.head && { head: headValues(network, valued(), batch, reads.head) }),
    ...(reads.hidden && { hidden: pooledHidden(batch, hidden) }),
    ...((reads.kl || reads.squares) && distributionScores(states(), batch, reads, reference)),
  };
};
