/**
 * RRHF: every pair of a list in which the worse answer is the likelier one by mean log-prob is pulled right, and the best answer
 * is learned.
 *
 *   a_i = (sum over tokens of l_t) / n_i^p                                                     (1)
 *   L   = rankWeight sum over r_i < r_j of max(0, a_i - a_j)  - (mean l_t of the best answer)  (2)
 *   mean over prompts
 *
 *   l_t  log-prob of token t under the policy      n  scored tokens      p  length penalty      r  score of the answer
 *
 * Where we differ: the likelihood is averaged over the answer's own tokens, where the released code divides by the padded
 * length; pairs are taken from every prompt of the batch, where it has one prompt a batch.
 *
 * Source: Yuan et al. 2023; GanjinZero/RRHF, train.py.
 */
import { rankedLists } from '../../sources/ranked-lists';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { nothing, pick } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { number } from '../params';

interface RrhfParams {
  rankWeight: number;
  lengthPenalty: number;
}

/** Pairs with different scores, the worse one first; and the best answer of each prompt, of equal ones the first. */
const ordered = ({ batch, lists }: LossInput) => {
  const score = (r: number) => batch.responses[r]!.score!;
  return {
    pairs: lists.items.flatMap((own) =>
      own.flatMap((worse) => own.filter((r) => score(worse) < score(r)).map((better) => ({ worse, better }))),
    ),
    best: lists.items.map((own) => own.reduce((a, b) => (score(b) > score(a) ? b : a))),
  };
};

const rankedBy = ({ rankWeight, lengthPenalty }: RrhfParams): Objective => ({
  reads: { scores: true },
  rewardScale: 1,
  loss(input) {
    const { answers, lists } = input;
    const a = tf.div(answers.sum, tf.pow(tf.maximum(answers.length, 1), lengthPenalty)) as Tensor1D; // (1) [P]
    const { pairs, best } = ordered(input);
    const side = (of: 'worse' | 'better') =>
      pick(
        a,
        pairs.map((pair) => pair[of]),
      );
    const rank =
      pairs.length > 0 ? tf.sum(tf.relu(tf.sub(side('worse'), side('better')))) : nothing(answers.sum);
    const learned = tf.sum(pick(answers.mean, best));
    const total = tf.sub(tf.mul(rank, rankWeight), learned); // (2)
    return { loss: tf.div(total, lists.count) as Scalar, over: lists.count, rewards: a };
  },
});

export const rrhf = defineMethod({
  id: 'rrhf',
  name: 'RRHF',
  chapter: 'listwise',
  paper: {
    title: 'RRHF: Rank Responses to Align Language Models with Human Feedback without tears',
    authors: 'Zheng Yuan, Hongyi Yuan, Chuanqi Tan, Wei Wang, Songfang Huang, Fei Huang',
    year: 2023,
    arxiv: '2304.05302',
    url: 'https://arxiv.org/abs/2304.05302',
  },
  summary:
    'Supervised training on the best answer of a list, with a hinge on every pair that the policy ranks wrongly.',
  tex: String.raw`\mathcal{L} = \lambda \sum_{r_i < r_j} \max(0,\ a_i - a_j) - a_{\mathrm{best}}, \quad a_i = \frac{1}{n_i^{p}} \sum_t \log\pi_\theta(y_{i,t})`,
  notes: [
    'The released code’s class has rank weight 100 and its scripts 1; 1 is taken.',
    'The likelihood is divided by the answer’s own length; the released code divides by the padded one.',
  ],
  kin: { id: 'slic', change: 'over lists of scored answers, by mean log-probs', axis: 'lists' },
  eats: 'lists',
  params: {
    rankWeight: number({
      label: 'rank weight',
      help: 'Weight of the pairs; 0 is supervised training on the best answer.',
      min: 0,
      max: 200,
      default: 1,
      from: 'code',
    }),
    lengthPenalty: number({
      label: 'length penalty',
      help: 'Power of the length that a log-prob is divided by: 1 is the mean, 0 the sum.',
      min: 0,
      max: 2,
      default: 1,
      from: 'code',
    }),
  },
  sources: [rankedLists],
  passes: (params) => [{ id: 'rrhf', label: 'RRHF', objective: rankedBy(params) }],
  defaults: { paper: {}, learningRate: 1e-4, batchSize: 8 },
});
