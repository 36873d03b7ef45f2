import { unpackMatrix } from '../kernels/gather-packed';
import type { LinearOptions } from '../kernels/linear';
import { linear } from '../kernels/linear';
import { isPacked } from '../kernels/packed-matrix';
import type { Tensor2D } from '../tf';
import { tf } from '../tf';
import { hash } from '../util/rng';
import { loraA, loraB, scaleOf } from './lora';
import type { Network } from './network';
import { matrix, matrixLike, vector } from './weights';

/**
 * Multiplies rows x [N, in] by the weight of this module, and adds its bias, the adapter's share and the residual, if any:
 * [N, out].
 */
export type Project = (x: Tensor2D, module: string, residual?: Tensor2D) => Tensor2D;

/** What `linear` adds to the product with this module's weight. Each module leaves out inputs of its own in dropout. */
const additions = ({ weights, lora }: Network, module: string, residual?: Tensor2D): LinearOptions => ({
  ...(weights.has(`${module}.bias`) ? { bias: vector(weights, `${module}.bias`) } : {}),
  ...(residual ? { residual } : {}),
  ...(lora && weights.has(loraA(module))
    ? {
        lora: {
          a: matrix(weights, loraA(module)),
          b: matrix(weights, loraB(module)),
          scale: scaleOf(lora, module),
          ...(lora.dropout
            ? { dropout: { rate: lora.dropout.rate, seed: hash(module, lora.dropout.seed) } }
            : {}),
        },
      }
    : {}),
});

/** Multiplies by the network's weights themselves. */
export const projectBy =
  (network: Network): Project =>
  (x, module, residual) =>
    linear(x, matrixLike(network.weights, `${module}.weight`), additions(network, module, residual));

/** Bytes that copies of weights may take while text is generated. */
const MAX_COPIES = 640 * 2 ** 20;

/**
 * How weights are multiplied while they do not change, and without dropout. The wasm backend's fast product takes
 * untransposed f32 matrices only, and packs each once: there the weights are unpacked and transposed once per call of
 * `generate`, as far as memory allows; the rest are at each product.
 */
export const projectForDecoding = (network: Network): { project: Project; dispose: () => void } => {
  const { dropout: _, ...lora } = network.lora ?? { scale: 0 };
  const still: Network = network.lora ? { ...network, lora } : network;
  const plain = projectBy(still);
  if (tf.getBackend() !== 'wasm') return { project: plain, dispose: () => {} };
  const transposed = new Map<string, Tensor2D>();
  let room = MAX_COPIES;
  const copyOf = (module: string): Tensor2D | undefined => {
    const known = transposed.get(module);
    if (known) return known;
    const stored = matrixLike(network.weights, `${module}.weight`);
    const bytes = 4 * stored.shape[0] * stored.shape[1];
    if (bytes > room) return undefined;
    room -= bytes;
    const copy = tf.tidy(() => tf.transpose(isPacked(stored) ? unpackMatrix(stored) : stored) as Tensor2D);
    transposed.set(module, tf.keep(copy)); // [in, out]
    return copy;
  };
  const project: Project = (x, module, residual) => {
    const w = copyOf(module);
    if (!w) return plain(x, module, residual);
    const { bias, lora: adapter } = additions(still, module);
    let y = tf.matMul(x, w) as Tensor2D; // [N, out]
    if (adapter) {
      const { a, b, scale } = adapter;
      y = linear(tf.mul(linear(x, a), scale), b, { residual: y });
    }
    if (bias) y = tf.add(y, bias);
    return residual ? tf.add(y, residual) : y;
  };
  return { project, dispose: () => tf.dispose([...transposed.values()]) };
};
