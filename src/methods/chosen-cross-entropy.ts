import type { Scalar } from '../tf';
import { tf } from '../tf';
import type { Objective, Pairs } from './objective';
import { choice } from './params';

/** Cross-entropy pooled over all chosen tokens of the batch: a long answer counts for more, as in TRL's `sft` term. */
export const chosenCrossEntropy = ({ chosen }: Pairs): Scalar =>
  tf.neg(tf.div(tf.sum(chosen.sum), tf.maximum(tf.sum(chosen.length), 1))) as Scalar;

/** Ways to average the likelihood of the chosen answers over their tokens. */
const averages = {
  sum: 'not at all: the sum over an answer',
  'answer-mean': 'answer by answer',
  'token-mean': 'over all tokens of the batch, as TRL',
};

type Average = keyof typeof averages;

/** The parameter that chooses one. */
export const likelihoodAverage = (paper: Average) =>
  choice({
    label: 'average of the likelihood',
    help: 'How the likelihood of the chosen answer is averaged over its tokens.',
    options: averages,
    default: paper,
    from: 'paper',
  });

/** The likelihood of the chosen answers as a loss of its own, a mean over pairs: a term of weighted sums. */
export const chosenLikelihood = (average: Average): Objective => ({
  reads: {},
  loss({ pairs }) {
    const { chosen, count: over } = pairs;
    if (average === 'token-mean') return { loss: chosenCrossEntropy(pairs), over };
    return { loss: tf.neg(tf.mean(average === 'sum' ? chosen.sum : chosen.mean)) as Scalar, over };
  },
});
