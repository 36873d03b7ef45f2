/**
 * CPO: DPO with a uniform reference, which cancels, and the likelihood of the chosen answer in its place.
 *
 *   z = beta (log p_w - log p_l)                                                               (1)
 *   L = softplus(-z), mean over pairs,  + sftWeight (-(sum of all chosen l_t) / (all chosen tokens of the batch))  (2)
 *
 *   log p   sum over the answer's tokens of l_t, the log-prob under the policy      w, l  chosen, rejected
 *   beta    scale of the reward
 *
 * Where we differ: nothing; the likelihood is pooled over the batch, as in TRL.
 *
 * Source: Xu et al. 2024; TRL, cpo_trainer.py (sigmoid).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { chosenCrossEntropy } from '../chosen-cross-entropy';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const contrastive = ({ beta, sftWeight }: { beta: number; sftWeight: number }): Objective => ({
  reads: {},
  rewardScale: beta,
  loss({ pairs, answers }) {
    const minusZ = tf.mul(pairs.difference(answers.sum), -beta) as Tensor1D; // (1) [C]
    const preference = tf.mean(tf.softplus(minusZ)) as Scalar;
    return {
      loss: sftWeight > 0 ? tf.add(preference, tf.mul(chosenCrossEntropy(pairs), sftWeight)) : preference, // (2)
      over: pairs.count,
      rewards: tf.mul(answers.sum, beta),
    };
  },
});

export const cpo = defineMethod({
  id: 'cpo',
  name: 'CPO',
  chapter: 'pairwise',
  paper: {
    title:
      'Contrastive Preference Optimization: Pushing the Boundaries of LLM Performance in Machine Translation',
    authors:
      'Haoran Xu, Amr Sharaf, Yunmo Chen, Weiting Tan, Lingfeng Shen, Benjamin Van Durme, Kenton Murray, Young Jin Kim',
    year: 2024,
    arxiv: '2401.08417',
    url: 'https://arxiv.org/abs/2401.08417',
  },
  summary: 'DPO without a reference, held to good text by learning the chosen answer at the same time.',
  tex: String.raw`\mathcal{L} = -\log\sigma\Big( \beta\log\frac{\pi_\theta(y_w)}{\pi_\theta(y_l)} \Big) - \lambda \log\pi_\theta(y_w)`,
  notes: [
    'The likelihood is averaged over all chosen tokens of the batch, as in TRL; the prompt is not learned.',
    'Summed log-probs favour the shorter answer from the start: there is no reference that would cancel it.',
  ],
  kin: { id: 'dpo', change: 'without a reference, with SFT on the chosen answer', axis: 'no-reference' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta: { ...beta, help: 'Scale of the reward; there is no reference to hold to.', from: 'code' },
    sftWeight: number({
      label: 'SFT weight',
      help: 'Weight of the likelihood of the chosen answers; 0 is DPO without a reference.',
      min: 0,
      max: 10,
      default: 1,
      from: 'code',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'cpo', label: 'CPO', objective: contrastive(params) }],
  defaults: { paper: { beta: 0.1 }, learningRate: 5e-5, batchSize: 16 },
});
