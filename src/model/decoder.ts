/**
 * The Llama-style decoder (Touvron et al., 2023, arXiv 2302.13971). Shapes: N tokens, d = hiddenSize, H query heads and
 * K key heads of size D, f = intermediateSize.
 */
import { rmsNorm } from '../kernels/rms-norm';
import { rope } from '../kernels/rope';
import { swiglu } from '../kernels/swiglu';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { Network } from './network';
import { vector } from './parameters';
import type { Project } from './project';
import { projectBy } from './project';

/** How a layer's queries meet keys and values: over a packed forest, or over a cache while generating. */
export type Attend = (layer: number, q: Tensor2D, k: Tensor2D, v: Tensor2D) => Tensor2D;

/** One decoder block: attention and gated MLP, each behind a norm and added to what came in. */
const block = (
  { config, weights }: Network,
  layer: number,
  x: Tensor2D, // [N, d]
  position: Tensor1D, // [N]
  attend: Attend,
  project: Project,
): Tensor2D => {
  const { heads, kvHeads, normEps, ropeTheta: theta } = config;
  const module = (part: string) => `model.layers.${layer}.${part}`;
  const norm = (x: Tensor2D, part: string) => rmsNorm(x, vector(weights, `${module(part)}.weight`), normEps);

  const a = norm(x, 'input_layernorm'); //                                                              [N, d]
  const q = rope(project(a, module('self_attn.q_proj')), position, { heads, theta }); //                 [N, H*D]
  const k = rope(project(a, module('self_attn.k_proj')), position, { heads: kvHeads, theta }); //        [N, K*D]
  const v = project(a, module('self_attn.v_proj')); //                                                   [N, K*D]
  const y = project(attend(layer, q, k, v), module('self_attn.o_proj'), x); //                           [N, d]

  const b = norm(y, 'post_attention_layernorm'); //                                                     [N, d]
  const gated = swiglu(project(b, module('mlp.gate_proj')), project(b, module('mlp.up_proj'))); //            [N, f]
  return project(gated, module('mlp.down_proj'), y); //                                                  [N, d]
};

/**
 * All blocks and the final norm, from embedded tokens [N, d] at their positions [N] to hidden states [N, d]. Training
 * and generation differ only in `attend`, and in how weights are stored for `project`.
 */
export const runBlocks = (
  network: Network,
  embedded: Tensor2D,
  position: Tensor1D,
  attend: Attend,
  project: Project = projectBy(network),
): Tensor2D => {
  const { config, weights } = network;
  let x = embedded;
  for (let layer = 0; layer < config.layers; layer++) {
    // What the tape saved for the gradient survives the tidy; the rest is free at once.
    const next = tf.tidy(() => block(network, layer, x, position, attend, project));
    if (x !== embedded) x.dispose();
    x = next;
  }
  const hidden = rmsNorm(x, vector(weights, 'model.norm.weight'), config.normEps); // [N, d]
  x.dispose();
  return hidden;
};
