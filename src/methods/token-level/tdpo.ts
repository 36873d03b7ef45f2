/**
 * TDPO: DPO with a token-level constraint. The divergence of the policy from the reference, summed over the states of each
 * answer, enters the comparison.
 *
 *   D = sum over the answer's states of KL(reference || policy), over the whole vocabulary      (1)
 *   z = beta (S_w - S_l - (D_l - D_w))                tdpo1                                     (2)
 *       beta (S_w - S_l - alpha (D_l - sg(D_w)))      tdpo2                                     (3)
 *   L = softplus(-z), mean over pairs                                                          (4)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference      sg  no gradient
 *
 * Where we differ: nothing; the second form is the default, which the released configuration has to be told.
 *
 * Source: Zeng et al. 2024; Vance0124/Token-level-Direct-Preference-Optimization, trainers.py.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { detach, pick } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { choice, number } from '../params';

interface TdpoParams {
  beta: number;
  alpha: number;
  form: 'tdpo1' | 'tdpo2';
}

const constrained = ({ beta, alpha, form }: TdpoParams): Objective => ({
  reads: { reference: true, kl: 'reference||policy' },
  rewardScale: beta,
  loss({ tokens, pairs, answers, kl }) {
    const divergence = tokens.sumPerAnswer(kl!); // (1) [P]
    const side = (of: 'chosen' | 'rejected') =>
      pick(
        divergence,
        pairs.items.map((pair) => pair[of]),
      );
    const [w, l] = [side('chosen'), side('rejected')];
    const gap = form === 'tdpo1' ? tf.sub(l, w) : tf.mul(tf.sub(l, detach(w)), alpha); // (2), (3)
    const minusZ = tf.add(pairs.margin(-beta), tf.mul(gap, beta)) as Tensor1D;
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (4)
      over: pairs.count,
      rewards: answers.reward(beta),
      aux: { 'kl/chosen': tf.mean(w) as Scalar, 'kl/rejected': tf.mean(l) as Scalar },
    };
  },
});

export const tdpo = defineMethod({
  id: 'tdpo',
  name: 'TDPO',
  chapter: 'token-level',
  paper: {
    title: 'Token-level Direct Preference Optimization',
    authors: 'Yongcheng Zeng, Guoqing Liu, Weiyu Ma, Ning Yang, Haifeng Zhang, Jun Wang',
    year: 2024,
    arxiv: '2404.11999',
    url: 'https://arxiv.org/abs/2404.11999',
  },
  summary:
    'DPO that also looks at every state’s divergence from the reference, so that the rejected answers do not run away from it.',
  tex: String.raw`\mathcal{L}_2 = -\log\sigma\big( \beta (S_w - S_l) - \beta\alpha (D_l - \mathrm{sg}[D_w]) \big), \quad D = \sum_t \mathrm{KL}\big(\pi_{\mathrm{ref}}(\cdot \mid s_t) \,\|\, \pi_\theta(\cdot \mid s_t)\big)`,
  notes: [
    'The divergence is exact, over the whole vocabulary at every scored state.',
    'The second form is the default, as the better one of the paper; the released configuration has the first.',
  ],
  kin: { id: 'dpo', change: 'with the exact divergences in the comparison', axis: 'term' },
  aims: ['blame'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'code' },
    alpha: number({
      label: 'alpha',
      help: 'Weight of the divergences in the second form; 0 is DPO.',
      min: 0,
      max: 10,
      default: 0.5,
      from: 'code',
    }),
    form: choice({
      label: 'form',
      help: 'Which of the paper’s two losses.',
      options: {
        tdpo1: 'the difference of the divergences',
        tdpo2: 'weighted, the chosen one without gradient',
      },
      default: 'tdpo2',
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'tdpo', label: 'TDPO', objective: constrained(params) }],
  defaults: { paper: { beta: 0.1, alpha: 0.5 }, learningRate: 5e-5, batchSize: 16 },
});
