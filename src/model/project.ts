import type { LinearOptions } from '../kernels/linear';
import { linear } from '../kernels/linear';
import { isPacked } from '../kernels/packed-matrix';
import type { Tensor2D } from '../tf';
import { tf } from '../tf';
import { hash } from '../util/rng';
import { loraA, loraB } from './lora';
import type { Network } from './network';
import { matrix, matrixLike, vector } from './weights';

/**
 * Multiplies rows x [N, in] by the weight of this module, and adds its bias, the adapter's share and the residual, if any:
 * [N, out].
 */
export type Project = (x: Tensor2D, module: string, residual?: Tensor2D) => Tensor2D;

/** What is added to x w^T: bias, residual and the adapter's share, each where there is one. */
const addedTo = (
  { weights, lora }: Network,
  module: string,
  residual: Tensor2D | undefined,
): LinearOptions => {
  const added: LinearOptions = {};
  if (weights.has(`${module}.bias`)) added.bias = vector(weights, `${module}.bias`);
  if (residual) added.residual = residual;
  if (lora && weights.has(loraA(module))) {
    const { scale, dropout } = lora;
    added.lora = { a: matrix(weights, loraA(module)), b: matrix(weights, loraB(module)), scale };
    // Each module leaves out inputs of its own.
    if (dropout) added.lora.dropout = { rate: dropout.rate, seed: hash(module, dropout.seed) };
  }
  return added;
};

/** Multiplies by the network's weights themselves. */
export const projectBy =
  (network: Network): Project =>
  (x, module, residual) =>
    linear(x, matrixLike(network.weights, `${module}.weight`), addedTo(network, module, residual));

/** Bytes that copies of weights may take while text is generated. */
const MAX_COPIES = 256 * 2 ** 20;

/**
 * How weights are multiplied while they do not change. The wasm backend's fast product takes untransposed matrices
 * only, and packs each once: there the weights are transposed once per call of `generate`, as far as memory allows.
 */
export const projectForDecoding = (network: Network): { project: Project; dispose: () => void } => {
  if (tf.getBackend() !== 'wasm') return { project: projectBy(network), dispose: () => {} };
  const transposed = new Map<string, Tensor2D>();
  let room = MAX_COPIES;
  const plain = projectBy(network);
  const project: Project = (x, module, residual) => {
    let w = transposed.get(module);
    if (!w) {
      const stored = matrixLike(network.weights, `${module}.weight`);
      if (isPacked(stored) || 4 * stored.size > room) return plain(x, module, residual);
      room -= 4 * stored.size;
      w = tf.keep(tf.transpose(stored)) as Tensor2D; // [in, out]
      transposed.set(module, w);
    }
    const { bias, lora } = addedTo(network, module, residual);
    let y = tf.matMul(x, w) as Tensor2D; // [N, out]
    if (bias) y = tf.add(y, bias);
    if (lora) y = linear(tf.mul(linear(x, lora.a), lora.scale) as Tensor2D, lora.b, { residual: y });
    return residual ? tf.add(y, residual) : y;
  };
  return { project, dispose: () => tf.dispose([...transposed.values()]) };
};
