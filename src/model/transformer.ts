/** The decoder over a packed forest: hidden states and log-probs, differentiable in the weights that are tensors. */
import type { EmbeddingOrder } from '../kernels/embedding';
import { embeddingOrder, uploadEmbeddingOrder } from '../kernels/embedding';
import type { EntryTensors } from '../kernels/entry-tensors';
import { uploadEntries } from '../kernels/entry-tensors';
import { linearLogProb } from '../kernels/linear-log-prob';
import type { TreeMask } from '../kernels/tree-attention';
import { treeAttention, uploadMask } from '../kernels/tree-attention';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';
import type { ModelConfig } from './config';
import { runModel } from './decoder';
import type { TokenInput } from './families/family';
import { familyOf } from './families/index';
import { outputHead } from './head';
import type { Network } from './network';

/** A packed batch on the device: what one forward pass reads. */
export interface BatchTensors extends TokenInput {
  /** Who sees whom. */
  mask: TreeMask;
  /** What is scored. */
  entries: EntryTensors;
  order: EmbeddingOrder<Tensor1D>;
}

/**
 * @returns tokens of the longest path
 * @throws Error when a token is not in the vocabulary or a path is longer than the model's positions.
 */
const checkBatch = (batch: PackedBatch, config: ModelConfig): number => {
  const { vocabSize, maxPositions } = config;
  const outside = (id: number) => id < 0 || id >= vocabSize;
  const token = batch.tokens.find(outside) ?? batch.entries.target.find(outside);
  if (token !== undefined) {
    throw new Error(
      `The batch has token ${token}, but the model's vocabulary is 0 to ${vocabSize - 1}. Use the tokenizer that belongs to the model.`,
    );
  }
  const longest = batch.position.reduce((a, b) => Math.max(a, b), 0) + 1;
  if (longest > maxPositions) {
    throw new Error(
      `A path of the batch has ${longest} tokens, but the model was made for ${maxPositions} (max_position_embeddings). Shorten the data or choose another model.`,
    );
  }
  return longest;
};

/** Uploads a packed batch. The caller disposes it with `disposeBatch`, or runs inside tf.tidy. */
export const uploadBatch = (batch: PackedBatch, config: ModelConfig): BatchTensors => {
  const longest = checkBatch(batch, config);
  const orderOf = (values: Int32Array, size: number) => uploadEmbeddingOrder(embeddingOrder(values, size));
  return {
    longest,
    tokens: tf.tensor1d(batch.tokens, 'int32'),
    position: tf.tensor1d(batch.position, 'int32'),
    mask: uploadMask(batch),
    entries: uploadEntries(batch.entries),
    order: orderOf(batch.tokens, config.vocabSize),
    ...(familyOf(config).positionTable
      ? { positionOrder: orderOf(batch.position, config.maxPositions) }
      : {}),
  };
};

export const disposeBatch = ({ tokens, position, mask, entries, order, positionOrder }: BatchTensors) => {
  tf.dispose([tokens, position, { ...mask }, { ...entries }, { ...order }, { ...positionOrder }]);
};

/**
 * Hidden states after the final norm, for every token of the batch. Differentiable in the network's tensors.
 * @returns [N, d]
 */
export const forwardHidden = (network: Network, batch: BatchTensors): Tensor2D =>
  tf.tidy(() => {
    const { heads, kvHeads } = network.config;
    return runModel(network, batch, (_layer, q, k, v) =>
      treeAttention(q, k, v, batch.mask, { heads, kvHeads }),
    );
  });

/**
 * Log-probs of the batch's entries and their weighted sums per step. Differentiable in the network's tensors.
 * @returns logProb [M], stepSum [S], logSumExp [R]
 */
export const scoreBatch = (
  network: Network,
  batch: BatchTensors,
): { logProb: Tensor1D; stepSum: Tensor1D; logSumExp: Tensor1D } =>
  tf.tidy(() => {
    const hidden = forwardHidden(network, batch); // [N, d]
    return { ...linearLogProb(hidden, outputHead(network), batch.entries) };
  });
