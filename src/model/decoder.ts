/**
 * The Llama-style decoder (Touvron et al., 2023, arXiv 2302.13971). Shapes: N tokens, d = hiddenSize, H query heads and
 * K key heads of size D, f = intermediateSize.
 */
import { linear } from '../kernels/linear';
import { rmsNorm } from '../kernels/rms-norm';
import { rope } from '../kernels/rope';
import { swiglu } from '../kernels/swiglu';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { ModelConfig } from './config';
import type { Parameters } from './parameters';
import { matrix, vector } from './parameters';

/** How a layer's queries meet keys and values: over a packed forest, or over a cache while generating. */
export type Attend = (layer: number, q: Tensor2D, k: Tensor2D, v: Tensor2D) => Tensor2D;

/** Multiplies rows x [N, in] by the weight of this name and adds the residual, if any: [N, out]. */
export type Project = (x: Tensor2D, name: string, residual?: Tensor2D) => Tensor2D;

/** Multiplies by the parameters themselves. */
export const projectBy =
  (params: Parameters): Project =>
  (x, name, residual) =>
    linear(x, matrix(params, name), residual ? { residual } : {});

/** One decoder block: attention and gated MLP, each behind a norm and added to what came in. */
const block = (
  config: ModelConfig,
  params: Parameters,
  layer: number,
  x: Tensor2D, // [N, d]
  position: Tensor1D, // [N]
  attend: Attend,
  project: Project,
): Tensor2D => {
  const { heads, kvHeads, normEps, ropeTheta: theta } = config;
  const w = (part: string) => `model.layers.${layer}.${part}.weight`;

  const a = rmsNorm(x, vector(params, w('input_layernorm')), normEps); //                           [N, d]
  const q = rope(project(a, w('self_attn.q_proj')), position, { heads, theta }); //                 [N, H*D]
  const k = rope(project(a, w('self_attn.k_proj')), position, { heads: kvHeads, theta }); //        [N, K*D]
  const v = project(a, w('self_attn.v_proj')); //                                                   [N, K*D]
  const y = project(attend(layer, q, k, v), w('self_attn.o_proj'), x); //                           [N, d]

  const b = rmsNorm(y, vector(params, w('post_attention_layernorm')), normEps); //                  [N, d]
  const gated = swiglu(project(b, w('mlp.gate_proj')), project(b, w('mlp.up_proj'))); //            [N, f]
  return project(gated, w('mlp.down_proj'), y); //                                                  [N, d]
};

/**
 * All blocks and the final norm, from embedded tokens [N, d] at their positions [N] to hidden states [N, d]. Training
 * and generation differ only in `attend`, and in how weights are stored for `project`.
 */
export const runBlocks = (
  config: ModelConfig,
  params: Parameters,
  embedded: Tensor2D,
  position: Tensor1D,
  attend: Attend,
  project: Project = projectBy(params),
): Tensor2D => {
  let x = embedded;
  for (let layer = 0; layer < config.layers; layer++) {
    // What the tape saved for the gradient survives the tidy; the rest is free at once.
    const next = tf.tidy(() => block(config, params, layer, x, position, attend, project));
    if (x !== embedded) x.dispose();
    x = next;
  }
  const hidden = rmsNorm(x, vector(params, 'model.norm.weight'), config.normEps); // [N, d]
  x.dispose();
  return hidden;
};
