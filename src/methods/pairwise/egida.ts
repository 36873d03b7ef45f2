/**
 * Egida: DPO on few pairs of a refusal and the model's own unsafe answer, over many topics and many ways of asking. What is
 * learned carries over to ways of asking that it has not seen.
 *
 *   L = softplus(-beta (S_w - S_l)) - anchor Lp_w / n_w, mean over pairs                       (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   Lp   sum over the answer's tokens of l_t                n  scored tokens
 *   beta strength of the pull to the reference              anchor  weight of the likelihood
 *
 * Where we differ: the likelihood term and the ordinary pairs of the source are ours. The rejected answers are sums: without either, a
 * model of this size learns not to refuse but not to add. A weight of 0 is the paper's loss.
 *
 * Source: Garcia-Gasulla et al. 2025 (abstract and data card of HPAI-BSC/Egida).
 */
import { attacks } from '../../sources/attacks';
import { chosenLikelihood } from '../chosen-cross-entropy';
import { defineMethod } from '../method';
import { number } from '../params';
import { weightedSum } from '../weighted-sum';
import { beta, logistic } from './dpo';

/** What a preference costs a small model that is made of what is rejected, and how it is held. */
export const anchor = number({
  label: 'anchor',
  help: 'Weight of the likelihood of the chosen answer, so that a small model does not unlearn what rejected answers are made of; 0 is the loss without it.',
  min: 0,
  max: 10,
  default: 1,
  from: 'ours',
});

export const egida = defineMethod({
  id: 'egida',
  name: 'Egida',
  chapter: 'pairwise',
  paper: {
    title: 'Efficient Safety Retrofitting Against Jailbreaking for LLMs',
    authors: 'Dario Garcia-Gasulla, Adrian Tormos, Anna Arias-Duart, Daniel Hinjos, and others',
    year: 2025,
    arxiv: '2502.13603',
    url: 'https://arxiv.org/abs/2502.13603',
  },
  summary:
    'DPO for safety: a refusal against the model’s own unsafe answer, over many topics and many ways of asking.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( \beta S_{\text{refusal}} - \beta S_{\text{unsafe}} \right) - \eta \frac{\log\pi_\theta(y_{\text{refusal}} \mid x)}{|y_{\text{refusal}}|}`,
  notes: [
    'The paper’s loss is DPO alone. The likelihood of the chosen answer and the ordinary pairs are ours: without them a model of this size unlearns sums.',
    'beta and the learning rate are not stated in what we could read; beta is DPO’s.',
    'At this size, over three seeds: attacks that work fall from 89 to 10 in 100, in wordings that were not trained from 85 to 12. It costs: 25 in 100 allowed requests are then refused, and 39 of their sums are right instead of 52; by the paper’s loss alone 3 (one seed).',
    'The chosen answer is a fixed refusal; the paper takes it from another model, which “by another writer” does here.',
  ],
  kin: { id: 'dpo', change: 'on refusals against the model’s own unsafe answers', axis: 'pairs' },
  aims: ['refusals'],
  eats: 'pairs',
  params: { beta, anchor },
  sources: [attacks],
  passes: ({ beta, anchor }) => [
    {
      id: 'egida',
      label: 'Egida',
      objective: weightedSum({
        preference: [1, logistic({ beta })],
        likelihood: [anchor, chosenLikelihood('answer-mean')],
      }), // (1)
    },
  ],
  defaults: {
    paper: { batchSize: 8, learningRate: 1e-7, pairs: 2000 },
    learningRate: 2e-4,
    batchSize: 16,
    world: {
      task: 'guard',
      difficulty: 'wrapped',
      trees: 600,
      steps: 70,
      schedule: { kind: 'linear', warmup: 0.14 },
      evaluation: { every: 35, problems: 400 },
    },
  },
});
