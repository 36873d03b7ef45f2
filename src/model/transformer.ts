/**
 * The Llama-style decoder over a packed forest (Touvron et al., 2023, arXiv 2302.13971). Shapes: N tokens, d =
 * hiddenSize, H query heads and K key heads of size D, f = intermediateSize, V = vocabSize, M scored entries.
 */
import type { EmbeddingOrder } from '../kernels/embedding';
import { embedding, embeddingOrder } from '../kernels/embedding';
import type { EntryTensors } from '../kernels/entry-tensors';
import { uploadEntries } from '../kernels/entry-tensors';
import { linear } from '../kernels/linear';
import { linearLogProb } from '../kernels/linear-log-prob';
import { rmsNorm } from '../kernels/rms-norm';
import { rope } from '../kernels/rope';
import { swiglu } from '../kernels/swiglu';
import type { TreeMask } from '../kernels/tree-attention';
import { treeAttention, uploadMask } from '../kernels/tree-attention';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';
import type { ModelConfig } from './config';
import type { Parameters } from './parameters';
import { matrix, outputHead, vector } from './parameters';

/** A packed batch on the device: what one forward pass reads. */
export interface BatchTensors {
  tokens: Tensor1D; // int32 [N]
  /** Depth of each token along its path. */
  position: Tensor1D; // int32 [N]
  /** Who sees whom. */
  mask: TreeMask;
  /** What is scored. */
  entries: EntryTensors;
  /** Tokens by id, for a gradient of the embedding that is summed in a fixed order. */
  order: EmbeddingOrder;
}

/** @throws Error when a token is not in the vocabulary or a path is longer than the model's positions. */
const checkBatch = (batch: PackedBatch, config: ModelConfig) => {
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
};

/** Uploads a packed batch. The caller disposes it with `disposeBatch`, or runs inside tf.tidy. */
export const uploadBatch = (batch: PackedBatch, config: ModelConfig): BatchTensors => {
  checkBatch(batch, config);
  return {
    tokens: tf.tensor1d(batch.tokens, 'int32'),
    position: tf.tensor1d(batch.position, 'int32'),
    mask: uploadMask(batch),
    entries: uploadEntries(batch.entries),
    order: embeddingOrder(batch.tokens, config.vocabSize),
  };
};

export const disposeBatch = ({ tokens, position, mask, entries, order }: BatchTensors) => {
  tf.dispose([tokens, position, { ...mask }, { ...entries }, { ...order }]);
};

/** How a layer's queries meet keys and values: over a packed forest, or over a cache while generating. */
export type Attend = (layer: number, q: Tensor2D, k: Tensor2D, v: Tensor2D) => Tensor2D;

/** One decoder block: attention and gated MLP, each behind a norm and added to what came in. */
const block = (
  config: ModelConfig,
  params: Parameters,
  layer: number,
  x: Tensor2D, // [N, d]
  position: Tensor1D, // [N]
  attend: Attend,
): Tensor2D => {
  const { heads, kvHeads, normEps, ropeTheta: theta } = config;
  const name = `model.layers.${layer}`;
  const w = (part: string) => matrix(params, `${name}.${part}.weight`);

  const a = rmsNorm(x, vector(params, `${name}.input_layernorm.weight`), normEps); //          [N, d]
  const q = rope(linear(a, w('self_attn.q_proj')), position, { heads, theta }); //             [N, H*D]
  const k = rope(linear(a, w('self_attn.k_proj')), position, { heads: kvHeads, theta }); //    [N, K*D]
  const v = linear(a, w('self_attn.v_proj')); //                                               [N, K*D]
  const attended = attend(layer, q, k, v); //                                                  [N, H*D]
  const y = linear(attended, w('self_attn.o_proj'), { residual: x }); //                       [N, d]

  const b = rmsNorm(y, vector(params, `${name}.post_attention_layernorm.weight`), normEps); // [N, d]
  const gated = swiglu(linear(b, w('mlp.gate_proj')), linear(b, w('mlp.up_proj'))); //         [N, f]
  return linear(gated, w('mlp.down_proj'), { residual: y }); //                                [N, d]
};

/** All blocks and the final norm, from embedded tokens to hidden states. */
export const runBlocks = (
  config: ModelConfig,
  params: Parameters,
  embedded: Tensor2D, // [N, d]
  position: Tensor1D, // [N]
  attend: Attend,
): Tensor2D => {
  let x = embedded;
  for (let layer = 0; layer < config.layers; layer++) {
    // Tensors that the tape saved for the gradient survive the tidy; the others are free at once.
    const next = tf.tidy(() => block(config, params, layer, x, position, attend));
    if (x !== embedded) x.dispose();
    x = next;
  }
  const hidden = rmsNorm(x, vector(params, 'model.norm.weight'), config.normEps); // [N, d]
  x.dispose();
  return hidden;
};

/**
 * Hidden states after the final norm, for every token of the batch. Differentiable in the parameters.
 * @returns [N, d]
 */
export const forwardHidden = (config: ModelConfig, params: Parameters, batch: BatchTensors): Tensor2D =>
  tf.tidy(() => {
    const { heads, kvHeads } = config;
    const embedded = embedding(matrix(params, 'model.embed_tokens.weight'), batch.tokens, batch.order); // [N, d]
    return runBlocks(config, params, embedded, batch.position, (_layer, q, k, v) =>
      treeAttention(q, k, v, batch.mask, { heads, kvHeads }),
    );
  });

/**
 * Log-probs of the batch's entries and their weighted sums per step. Differentiable in the parameters.
 * @param weight per entry [M], instead of the batch's own
 * @returns logProb [M], stepSum [S], logSumExp [R]
 */
export const scoreBatch = (
  config: ModelConfig,
  params: Parameters,
  batch: BatchTensors,
  weight?: Float32Array,
): { logProb: Tensor1D; stepSum: Tensor1D; logSumExp: Tensor1D } =>
  tf.tidy(() => {
    const entries = weight ? { ...batch.entries, weight: tf.tensor1d(weight) } : batch.entries;
    const hidden = forwardHidden(config, params, batch); // [N, d]
    return linearLogProb(hidden, outputHead(config, params), entries);
  });
