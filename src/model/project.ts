import { linear } from '../kernels/linear';
import type { Tensor2D } from '../tf';
import { tf } from '../tf';
import { loraA, loraB } from './lora';
import type { Network } from './network';
import { matrix, matrixLike, vector } from './weights';

/** Multiplies rows x [N, in] by the weight of this module, adds its bias and the residual, if any: [N, out]. */
export type Project = (x: Tensor2D, module: string, residual?: Tensor2D) => Tensor2D;

/** Multiplies by the network's weights themselves, with the adapter's part where the network uses one. */
export const projectBy =
  ({ weights, lora }: Network): Project =>
  (x, module, residual) => {
    const y = linear(x, matrixLike(weights, `${module}.weight`), {
      ...(weights.has(`${module}.bias`) ? { bias: vector(weights, `${module}.bias`) } : {}),
      ...(residual ? { residual } : {}),
    });
    if (!lora || !weights.has(loraA(module))) return y;
    const u = linear(x, matrix(weights, loraA(module)));
    return tf.add(y, tf.mul(linear(u, matrix(weights, loraB(module))), lora.scale)) as Tensor2D;
  };
