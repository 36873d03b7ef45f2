/**
 * Supervised fine-tuning: raise the log-probability of given solutions, token by token. It needs no reference and no
 * preference, and is where a run of every other method starts from.
 *
 *   L = -(1/N) sum over responses i and tokens t of l_it                                  (1)
 *
 *   l_it  log-prob of token t of solution i under the policy, given the prompt and the tokens before
 *   N     scored tokens of the batch; prompt tokens are not scored
 *
 * Where we differ: the paper averages over batches of long demonstrations with 16 epochs and dropout; ours is the
 * plain token mean over the task's own worked solutions, without dropout. EOS is scored as the last token.
 *
 * Source: Ouyang et al. 2022, section 3.5 and appendix C.1. No official code.
 */
import { workedSolutions } from '../../sources/worked-solutions';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';

export const likelihood: Objective = {
  reads: {},
  loss({ steps, tokens }) {
    return { loss: tf.mul(tf.sum(steps.sum), -1 / tokens.used), over: tokens.used }; // (1), N = tokens.used
  },
};

export const sft = defineMethod({
  id: 'sft',
  name: 'SFT',
  chapter: 'supervised',
  paper: {
    title: 'Training language models to follow instructions with human feedback',
    authors: 'Long Ouyang, Jeff Wu, Xu Jiang, Diogo Almeida, Carroll L. Wainwright, Pamela Mishkin, et al.',
    year: 2022,
    arxiv: '2203.02155',
    url: 'https://arxiv.org/abs/2203.02155',
  },
  summary:
    'Supervised fine-tuning on correct solutions: every token of every solution is made more likely. The baseline that the preference methods start from.',
  tex: String.raw`\mathcal{L} = -\frac{1}{N}\sum_{i}\sum_{t} \log \pi_\theta(y_{i,t} \mid x_i, y_{i,<t})`,
  notes: [
    'The solutions are worked out by the task itself, not written by people.',
    'The mean is over all scored tokens of the batch, so a long solution counts for more than a short one.',
  ],
  eats: 'solutions',
  params: {},
  sources: [workedSolutions],
  passes: () => [{ id: 'sft', label: 'SFT', objective: likelihood }],
  defaults: {
    paper: { learningRate: 9.65e-6, batchSize: 32, epochs: 16, schedule: 'cosine', dropout: 0.2 },
    learningRate: 1e-4,
    batchSize: 32,
  },
});
