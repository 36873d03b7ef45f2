import { linear } from '../kernels/linear';
import type { Tensor2D } from '../tf';
import type { Network } from './network';
import { matrixLike, vector } from './weights';

/** Multiplies rows x [N, in] by the weight of this module, adds its bias and the residual, if any: [N, out]. */
export type Project = (x: Tensor2D, module: string, residual?: Tensor2D) => Tensor2D;

/** Multiplies by the network's weights themselves. */
export const projectBy =
  ({ weights }: Network): Project =>
  (x, module, residual) =>
    linear(x, matrixLike(weights, `${module}.weight`), {
      ...(weights.has(`${module}.bias`) ? { bias: vector(weights, `${module}.bias`) } : {}),
      ...(residual ? { residual } : {}),
    });
