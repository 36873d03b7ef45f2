import type { Tensor } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';
import type { PreferenceTree } from '../tree/tree';
import type { PolicyScores } from './inputs/loss-input';

/**
 * How trees of another medium than text become numbers. A batch is packed, and one forward pass gives each of its entries a
 * score in the place of a log-prob; pairs, lists, rewards, losses, metrics and credit go on from there as with text.
 */
export interface Scorer {
  /** Trees side by side, with what `score` needs of them. */
  pack(trees: readonly PreferenceTree[]): PackedBatch;
  /** Differentiable in the weights. @param batch as `pack` made it */
  score(weights: ReadonlyMap<string, Tensor>, batch: PackedBatch): PolicyScores;
}
