import type { Tensor } from '../tf';
import { tf, withOwnTape } from '../tf';

/**
 * Gradient checkpointing (Chen et al., 2016, arXiv 1604.06174): computes f without keeping what its gradient needs, and
 * computes it once more in the backward pass. Memory between the passes is that of `inputs` and `constants` alone; the
 * price is one more forward pass of f. The numbers are those of f itself, bit for bit: the same kernels run twice.
 *
 * @param f must be pure, and read every tensor that changes or that the tape follows from its arguments
 * @param inputs tensors whose gradients are wanted
 * @param constants tensors that f reads without a gradient, and that the caller may dispose before the backward pass
 * @returns f(inputs, constants)
 */
export const checkpointed = (
  f: (inputs: readonly Tensor[], constants: readonly Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  constants: readonly Tensor[] = [],
): Tensor => {
  if (inputs.length === 0) return f(inputs, constants);
  return tf.customGrad((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const given = args as Tensor[];
    save([...given, ...constants]);
    return {
      value: f(given, constants),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const kept = saved.slice(given.length);
        return withOwnTape(() =>
          tf.grads((...again: Tensor[]) => f(again, kept))(saved.slice(0, given.length), dy),
        );
      },
    };
  })(...inputs);
};
