/** Looking weights up in a network. */
import type { PackedMatrix, Weight } from '../kernels/packed-matrix';
import { isPacked } from '../kernels/packed-matrix';
import type { Tensor1D, Tensor2D } from '../tf';

/** Weights that do not fit the configuration. The message has one line per tensor. */
export class ParametersError extends Error {
  override name = 'ParametersError';
}

type Lookup = ReadonlyMap<string, Weight>;

const weightOf = (weights: Lookup, name: string): Weight => {
  const weight = weights.get(name);
  if (!weight) throw new ParametersError(`The model has no weight ${name}. Load it with loadWeights.`);
  return weight;
};

/** The matrix of this name, which must not be packed. */
export const matrix = (weights: Lookup, name: string): Tensor2D => {
  const weight = weightOf(weights, name);
  if (isPacked(weight))
    throw new ParametersError(`The weight ${name} is packed, where only f32 can be used.`);
  return weight as Tensor2D;
};

/** The matrix of this name, packed or not. */
export const matrixLike = (weights: Lookup, name: string) =>
  weightOf(weights, name) as Tensor2D | PackedMatrix;

/** The vector of this name; vectors are never packed. */
export const vector = (weights: Lookup, name: string) => weightOf(weights, name) as Tensor1D;
