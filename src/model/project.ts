import { linear } from '../kernels/linear';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import { loraA, loraB } from './lora';
import type { Network } from './network';
import { matrix, matrixLike, vector } from './weights';

/**
 * Multiplies rows x [N, in] by the weight of this module, and adds its bias, the adapter's share and the residual, if any:
 * [N, out].
 */
export type Project = (x: Tensor2D, module: string, residual?: Tensor2D) => Tensor2D;

/** x w^T + bias + residual, w being the module's own weight. */
type Product = (x: Tensor2D, module: string, added: { bias?: Tensor1D; residual?: Tensor2D }) => Tensor2D;

/** The module's low-rank share, (x A^T) B^T times the adapter's scale, added to y (Hu et al., 2021, arXiv 2106.09685). */
const addAdapter = ({ weights, lora }: Network, x: Tensor2D, module: string, y: Tensor2D): Tensor2D => {
  if (!lora || !weights.has(loraA(module))) return y;
  const down = linear(x, matrix(weights, loraA(module))); // [N, r]
  return linear(tf.mul(down, lora.scale), matrix(weights, loraB(module)), { residual: y });
};

const biasOf = ({ weights }: Network, module: string) =>
  weights.has(`${module}.bias`) ? { bias: vector(weights, `${module}.bias`) } : {};

/** Multiplies by the network's weights themselves, or by `product` in their place. */
export const projectBy =
  (network: Network, product: Product = multiplyBy(network)): Project =>
  (x, module, residual) =>
    addAdapter(
      network,
      x,
      module,
      product(x, module, { ...biasOf(network, module), ...(residual ? { residual } : {}) }),
    );

const multiplyBy =
  ({ weights }: Network): Product =>
  (x, module, added) =>
    linear(x, matrixLike(weights, `${module}.weight`), added);

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
  const plain = multiplyBy(network);
  const project = projectBy(network, (x, module, added) => {
    let w = transposed.get(module);
    if (!w) {
      const stored = matrix(network.weights, `${module}.weight`);
      if (4 * stored.size > room) return plain(x, module, added);
      room -= 4 * stored.size;
      w = tf.keep(tf.transpose(stored)) as Tensor2D; // [in, out]
      transposed.set(module, w);
    }
    let y = tf.matMul(x, w) as Tensor2D; // [N, out]
    if (added.bias) y = tf.add(y, added.bias);
    return added.residual ? tf.add(y, added.residual) : y;
  });
  return { project, dispose: () => tf.dispose([...transposed.values()]) };
};
