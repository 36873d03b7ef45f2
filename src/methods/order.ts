import type { PreferenceTree } from '../tree/tree';
import type { Rng } from '../util/rng';
import type { Blend } from './pass';

export interface OrderContext {
  epoch: number;
  trees: readonly PreferenceTree[];
  rng: Rng;
  /** Log-probs per entry of each tree under the current policy, in the order of `trees`; and under the pass's reference. */
  policy(): Promise<Float32Array[]>;
  reference(): Promise<Float32Array[]>;
  /** The same under a frozen model, by the name that the order gives it. */
  frozen(name: string): Promise<Float32Array[]>;
}

/** In which order an epoch takes its trees. Asked once an epoch; the answer is part of a checkpoint. */
export interface Order {
  id: string;
  /** Models whose log-probs it asks for, beside policy and reference. */
  frozen?: Readonly<Record<string, Blend>>;
  /** Indices of trees, each at most once; those left out are not trained on in this epoch. */
  epoch(context: OrderContext): Promise<number[]>;
}
