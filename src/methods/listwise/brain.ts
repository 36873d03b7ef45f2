/**
 * BRAIn: distils the posterior of answers given a good reward into the policy, by importance sampling that is self-normalised on
 * both sides.
 *
 *   a_i = softmax_i(log p(y_i) + r_i / beta - log q(y_i)), no gradient                         (1)
 *   b_i = softmax_i(log pi(y_i) - log q(y_i))                                                  (2)
 *   L   = -sum_i a_i log b_i, mean over prompts                                                (3)
 *
 *   p    prior, the reference      q  proposal, the model that the answers were drawn from
 *   r    score of the answer       beta  temperature of the reward
 *
 * Where we differ: the proposal is not refreshed within a pass.
 *
 * Source: Pandey et al. 2024; gauravpandeyamu/BRAIn_experiments, gradient_estimators.py.
 */
import { sampledAnswers } from '../../sources/sampled-answers';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { pickRows } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';

const posterior = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true, scores: true, answerLabels: ['logProposal'] },
  loss({ answers, lists }) {
    const proposal = answers.label('logProposal');
    const target = tf.sub(tf.add(answers.refSum, tf.div(answers.score, beta)), proposal) as Tensor1D;
    const policy = tf.sub(answers.sum, proposal) as Tensor1D;
    const a = tf.softmax(pickRows(target, lists.items)); // (1)
    const logB = tf.logSoftmax(pickRows(policy, lists.items)); // (2)
    return {
      loss: tf.neg(tf.mean(tf.sum(tf.mul(a, logB), 1))) as Scalar, // (3)
      over: lists.count,
      aux: { effective_samples: tf.mean(tf.div(1, tf.sum(tf.square(a), 1))) as Scalar },
    };
  },
});

export const brain = defineMethod({
  id: 'brain',
  name: 'BRAIn',
  chapter: 'listwise',
  paper: {
    title:
      'BRAIn: Bayesian Reward-conditioned Amortized Inference for natural language generation from feedback',
    authors:
      'Gaurav Pandey, Yatin Nandwani, Tahira Naseem, Mayank Mishra, Guangxuan Xu, Dinesh Raghu, Sachindra Joshi, Asim Munawar, Ramón Fernandez Astudillo',
    year: 2024,
    arxiv: '2402.02479',
    url: 'https://arxiv.org/abs/2402.02479',
  },
  summary:
    'Several samples to a prompt: the policy’s share of each is drawn to the share that prior and reward give it.',
  tex: String.raw`\mathcal{L} = -\sum_i \mathrm{sg}(a_i) \log b_i, \quad a = \mathrm{softmax}\Big(\log\frac{p(y_i)}{q(y_i)} + \frac{r_i}{\beta}\Big),\ b = \mathrm{softmax}\Big(\log\frac{\pi_\theta(y_i)}{q(y_i)}\Big)`,
  notes: [
    'Settings for language models are our reading; the released code is that of the variance study alone.',
    'The proposal q is the model that was sampled; its log-probs are exact only at temperature 1 and top-p 1, which are the defaults.',
  ],
  eats: 'lists',
  params: {
    beta: {
      ...beta,
      help: 'Temperature of the reward: small values look at the best answer alone.',
      default: 0.5,
      from: 'ours',
    },
  },
  sources: [sampledAnswers],
  passes: (params) => [{ id: 'brain', label: 'BRAIn', objective: posterior(params) }],
  defaults: { paper: { learningRate: 1e-6, batchSize: 32 }, learningRate: 1e-4, batchSize: 8 },
});
