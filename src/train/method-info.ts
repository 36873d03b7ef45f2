import type { Method } from '../methods/method';

/** A method as data: everything a page or a terminal shows of it. Survives structured clone. */
export interface MethodInfo extends Omit<Method, 'collect' | 'weights' | 'loss' | 'stages'> {
  /** It gives tokens coefficients of its own, other than 1. */
  weighted: boolean;
  /** It trains in more than one pass. */
  staged: boolean;
}

/** Leaves the functions of a method behind. */
export const describeMethod = (method: Method): MethodInfo => {
  const { collect: _collect, weights, loss: _loss, stages, ...data } = method;
  return { ...data, weighted: weights !== undefined, staged: stages !== undefined };
};
