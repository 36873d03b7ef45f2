/**
 * iLR-DPO (R-DPO when done once): rounds of DPO on fresh answers that a reward model ranks, with a margin by length, so that a judge
 * who likes long answers does not make them grow. The reward is r - alpha |y|, and the implicit one beta log-ratio + alpha |y|.
 *
 *   z   = beta (S_w - S_l) + alpha (n_w - n_l)                                                 (1)
 *   L   = softplus(-z), mean over pairs                                                        (2)
 *   M_k = the weights after round k of (2): from M_(k-1), against M_(k-1), on its answers      (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   n    scored tokens, a constant
 *
 * Where we differ: rounds are a share of the run's steps each, and the reward model is a world's judge, or its verifier.
 *
 * Source: Liu et al. 2024, equation 5; the authors' MODPO code for the sign and the unit.
 */
import { lengthBiased } from '../../sources/length-biased';
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { number } from '../params';
import { inRounds, roundId } from '../round';
import { talkative } from '../talkative';

/** (2), for methods that are made of it. */
export const lengthRegularised = ({ beta, alpha }: { beta: number; alpha: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const lengths = tf.sub(pairs.chosen.length, pairs.rejected.length);
    const z = tf.add(pairs.margin(beta), tf.mul(lengths, alpha)); // (1) [C]
    const perPair = tf.softplus(tf.neg(z)) as Tensor1D; // (2)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const ilrDpo = defineMethod({
  id: 'ilr-dpo',
  name: 'iLR-DPO',
  chapter: 'rounds',
  paper: {
    title:
      'Iterative Length-Regularized Direct Preference Optimization: A Case Study on Improving 7B Language Models to GPT-4 Level',
    authors: 'Jie Liu, Zhanhui Zhou, Jiaheng Liu, Xingyuan Bu, Chao Yang, Han-Sen Zhong, Wanli Ouyang',
    year: 2024,
    arxiv: '2406.11817',
    url: 'https://arxiv.org/abs/2406.11817',
  },
  summary:
    'Rounds of DPO on fresh answers with a margin by length: a chosen answer that is longer has less to gain, so that answers do not grow.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta h + \alpha(|y_w| - |y_l|) \big)`,
  notes: [
    'One round is R-DPO. The rounds share the run’s steps evenly; of a file they take a part each. A document of before there were rounds means one.',
    'alpha is not stated in the paper; 0.02 is our reading.',
    'In the world “Talkative sums”, over three seeds, right answers rise from round to round, from 30 in 100 to 36, 43 and 50 (gain 15 to 25), and answers stay as long as they were (34.5 tokens before, 34.4 after): alpha 0.02 holds length, it does not shorten.',
    'Lengths are in tokens, as in the authors’ code. With the sign turned round the method would reward length.',
  ],
  kin: { id: 'r-dpo', change: 'in rounds of fresh answers', axis: 'again' },
  aims: ['length'],
  eats: 'pairs',
  params: {
    beta,
    alpha: number({
      label: 'alpha',
      help: 'What a token of length costs; 0 is DPO.',
      min: 0,
      max: 1,
      default: 0.02,
      from: 'ours',
    }),
    rounds: number({
      label: 'rounds',
      help: 'How often new answers are sampled and trained on; 1 is R-DPO.',
      min: 1,
      max: 8,
      integer: true,
      default: 3,
      absent: 1,
      from: 'paper',
    }),
  },
  sources: [lengthBiased, rightAndWrong],
  passes: ({ beta, alpha, rounds }) => {
    const objective = lengthRegularised({ beta, alpha });
    if (rounds === 1) return [{ id: 'ilr-dpo', label: 'iLR-DPO', objective }];
    return inRounds(rounds, (k) => {
      const last = k === 1 ? 'start' : roundId(k - 1);
      const fresh = k > 1 && { trees: 'fresh' as const };
      return { objective, from: last, reference: last, share: 1 / rounds, ...fresh }; // (3)
    });
  },
  defaults: {
    paper: { beta: 0.1, learningRate: 5e-7, batchSize: 128 },
    learningRate: 1e-4,
    batchSize: 16,
    world: { ...talkative, trees: 160, steps: 60 },
  },
});
