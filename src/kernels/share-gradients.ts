import type { Tensor } from '../tf';
import { tf } from '../tf';

/**
 * Thunks for tfjs over one computation of several gradients that share work. `compute` is called with those that are
 * wanted and returns them. tfjs frees what a thunk made but did not return, so the gradients of the thunks still to be
 * called are kept until these hand them over.
 */
export const shareGradients = <Name extends string>(
  names: readonly Name[],
  wanted: ReadonlySet<string>,
  compute: (want: ReadonlySet<Name>) => Partial<Record<Name, Tensor>>,
): Record<Name, () => Tensor> => {
  let waiting: Map<Name, Tensor> | undefined;
  const thunk = (name: Name) => () => {
    const ready = waiting?.get(name);
    if (ready) {
      waiting!.delete(name);
      const handed = ready.clone(); // the same buffer, owned by the caller's scope
      ready.dispose();
      return handed;
    }
    const others = names.filter((other) => other !== name && wanted.has(name) && wanted.has(other));
    const made = compute(new Set([name, ...others]));
    waiting = new Map(others.map((other) => [other, tf.keep(made[other]!)]));
    return made[name]!;
  };
  return Object.fromEntries(names.map((name) => [name, thunk(name)])) as Record<Name, () => Tensor>;
};
