import type { Tensor2D } from '../tf';
import { tf } from '../tf';
import type { ModelConfig } from './config';

/** Neurons of one layer's MLP that are held at given values, or moved by them. */
export interface Overwrite {
  neurons: readonly number[];
  /** One for each neuron, at every token; or one for each token and neuron, [N, neurons]. */
  values: readonly number[] | Float32Array;
  /** What is left of each neuron's own activation, to which its value is added. 0 where left out: it is held. */
  keep?: readonly number[];
}

/**
 * A view of the MLP activations: what enters each layer's down projection, [N, f]. Its tensors are differentiable as the
 * rest of the pass is; what is held passes no gradient on, what is kept in part that part.
 */
export interface Tap {
  /**
   * Called once a layer and forward pass, before anything is overwritten. The tensor is the pass's: clone and keep what is to
   * last.
   */
  read?(layer: number, activations: Tensor2D): void;
  /** By layer. */
  overwrite?: ReadonlyMap<number, Overwrite>;
}

/** The same that only overwrites. */
export const withoutReading = ({ overwrite }: Tap): Tap => (overwrite ? { overwrite } : {});

/** @throws Error naming a layer or a neuron that the model does not have, or values that do not fit */
export const checkTap = ({ overwrite }: Tap, config: ModelConfig, tokens: number) => {
  for (const [layer, { neurons, values, keep }] of overwrite ?? []) {
    const at = `The tap overwrites layer ${layer}`;
    if (!Number.isInteger(layer) || layer < 0 || layer >= config.layers) {
      throw new Error(`${at}, and the model has layers 0 to ${config.layers - 1}.`);
    }
    const width = config.intermediateSize;
    const outside = neurons.find((n) => !Number.isInteger(n) || n < 0 || n >= width);
    if (outside !== undefined) {
      throw new Error(`${at}, neuron ${outside}, and the layer has neurons 0 to ${width - 1}.`);
    }
    if (keep && keep.length !== neurons.length) {
      throw new Error(
        `${at} and keeps ${keep.length} shares of ${neurons.length} neurons; give one for each.`,
      );
    }
    if (values.length !== neurons.length && values.length !== tokens * neurons.length) {
      throw new Error(
        `${at} with ${values.length} values; ${neurons.length} neurons take one each, or one for each of the ${tokens} tokens.`,
      );
    }
  }
};

/** The activations [N, f] as they go on, seen by the tap; themselves where there is none. */
export const tapped = (tap: Tap | undefined, layer: number, activations: Tensor2D): Tensor2D => {
  tap?.read?.(layer, activations);
  const held = tap?.overwrite?.get(layer);
  if (!held) return activations;
  const { neurons, values, keep } = held;
  const width = activations.shape[1];
  const rows = values.length / Math.max(1, neurons.length);
  const own = new Float32Array(width).fill(1);
  const placed = new Float32Array(Math.max(1, rows) * width);
  neurons.forEach((n, i) => {
    own[n] = keep?.[i] ?? 0;
    for (let r = 0; r < rows; r++) placed[r * width + n] = values[r * neurons.length + i]!;
  });
  return tf.tidy(
    () =>
      tf.add(
        tf.mul(activations, tf.tensor1d(own)),
        tf.tensor2d(placed, [Math.max(1, rows), width]),
      ) as Tensor2D,
  );
};
