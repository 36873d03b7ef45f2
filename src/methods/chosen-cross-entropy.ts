import type { Scalar } from '../tf';
import { tf } from '../tf';
import type { Pairs } from './objective';

/** Cross-entropy pooled over all chosen tokens of the batch: a long answer counts for more, as in TRL's `sft` term. */
export const chosenCrossEntropy = ({ chosen }: Pairs): Scalar =>
  tf.neg(tf.div(tf.sum(chosen.sum), tf.maximum(tf.sum(chosen.length), 1))) as Scalar;
