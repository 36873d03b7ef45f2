/**
 * InfoNCA: the shares that the policy gives to the answers of a list are drawn to those that their scores give.
 *
 *   p_i = softmax_i(r_i / alpha),  q_i = softmax_i(beta S_i)                                   (1)
 *   L   = -sum_i p_i log q_i, mean over prompts                                                (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     r  score of the answer
 *   beta strength of the pull to the reference      alpha  temperature of the score
 *
 * Where we differ: temperature of the score and strength of the pull are two parameters.
 *
 * Source: Chen et al. 2024, algorithm 1; our reading.
 */
import { rankedLists } from '../../sources/ranked-lists';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { pickRows } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { number } from '../params';

const contrasted = ({ beta, alpha }: { beta: number; alpha: number }): Objective => ({
  reads: { reference: true, scores: true },
  rewardScale: beta,
  loss({ answers, lists }) {
    const rewards = answers.reward(beta);
    const p = tf.softmax(pickRows(tf.div(answers.score, alpha), lists.items)); // (1)
    const logQ = tf.logSoftmax(pickRows(rewards, lists.items));
    const loss = tf.neg(tf.mean(tf.sum(tf.mul(p, logQ), 1))) as Scalar; // (2)
    return { loss, over: lists.count, rewards };
  },
});

export const infonca = defineMethod({
  id: 'infonca',
  name: 'InfoNCA',
  chapter: 'listwise',
  paper: {
    title: 'Noise Contrastive Alignment of Language Models with Explicit Rewards',
    authors: 'Huayu Chen, Guande He, Lifan Yuan, Ganqu Cui, Hang Su, Jun Zhu',
    year: 2024,
    arxiv: '2402.05369',
    url: 'https://arxiv.org/abs/2402.05369',
  },
  summary:
    'DPO for lists with scores: the answers’ shares under the policy are drawn to those that the scores give.',
  tex: String.raw`\mathcal{L} = -\sum_i \frac{e^{r_i/\alpha}}{\sum_j e^{r_j/\alpha}} \log \frac{e^{\beta S_i}}{\sum_j e^{\beta S_j}}`,
  notes: [
    'The formula was not checked against the paper’s text.',
    'With two answers and a small alpha it is DPO; scores here lie between 0 and 1, and alpha is to be read on that scale.',
    'A prompt with a single answer has loss 0.',
  ],
  kin: { id: 'dpo', change: 'over whole lists, towards the scores’ own shares', axis: 'lists' },
  aims: ['many-ways'],
  eats: 'lists',
  params: {
    beta: { ...beta, from: 'ours' },
    alpha: number({
      label: 'alpha',
      help: 'Temperature of the score: small values look at the best answer alone.',
      min: 0.01,
      max: 10,
      scale: 'log',
      default: 0.25,
      from: 'ours',
    }),
  },
  sources: [rankedLists],
  passes: (params) => [{ id: 'infonca', label: 'InfoNCA', objective: contrasted(params) }],
  defaults: { paper: {}, learningRate: 1e-4, batchSize: 8 },
});
