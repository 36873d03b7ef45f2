/**
 * Iterative RPO: rounds of DPO with the likelihood of the winner beside it. Each round answers new problems with the model that
 * the last one ended with, which is also its reference.
 *
 *   L   = softplus(-beta (S_w - S_l)) - alpha Lp_w / n_w, mean over pairs                      (1)
 *   M_k = the weights after round k of (1): from M_(k-1), against M_(k-1), on its answers      (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   Lp   sum over the answer's tokens of l_t                n  scored tokens
 *   beta strength of the pull to the reference              alpha  weight of the likelihood
 *
 * Where we differ: the paper's rounds answer the same problems again and keep the best checkpoint by held-out problems; ours
 * draw new problems and end where they end. The paper makes ten pairs of thirty answers to a problem, we one of a few.
 *
 * Source: Pang et al. 2024, equation 1 and section 3.1. No official code.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import { chosenLikelihood } from '../chosen-cross-entropy';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';
import { number } from '../params';
import { inRounds, roundId } from '../round';
import { weightedSum } from '../weighted-sum';

export const iterativeRpo = defineMethod({
  id: 'iterative-rpo',
  name: 'Iterative RPO',
  chapter: 'rounds',
  paper: {
    title: 'Iterative Reasoning Preference Optimization',
    authors: 'Richard Yuanzhe Pang, Weizhe Yuan, Kyunghyun Cho, He He, Sainbayar Sukhbaatar, Jason Weston',
    year: 2024,
    arxiv: '2404.19733',
    url: 'https://arxiv.org/abs/2404.19733',
  },
  summary:
    'Rounds: answer, tell right from wrong, train with DPO and the likelihood of the right answer, and begin again with the result.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( \beta \log\frac{M_\theta(y_w \mid x)}{M_{k-1}(y_w \mid x)} - \beta \log\frac{M_\theta(y_l \mid x)}{M_{k-1}(y_l \mid x)} \right) - \alpha \frac{\log M_\theta(y_w \mid x)}{|y_w|}`,
  notes: [
    'Every round draws new problems; the paper answers the same training problems again. Of a file the rounds take a part each, since there is nothing here to judge new answers by: that is offline.',
    'A round trains for all steps of the run, so that a run takes as many times the time of DPO as it has rounds.',
    'An answer is right when the verifier finds every line right, not by its final number alone.',
  ],
  kin: { id: 'rpo', change: 'in rounds, each on answers of the last one', axis: 'again' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta,
    alpha: number({
      label: 'alpha',
      help: 'Weight of the likelihood of the chosen answer; 0 is iterated DPO.',
      min: 0,
      max: 10,
      default: 1,
      from: 'paper',
    }),
    rounds: number({
      label: 'rounds',
      help: 'How often new answers are sampled and trained on.',
      min: 1,
      max: 8,
      integer: true,
      default: 4,
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: ({ beta, alpha, rounds }) => {
    const objective = weightedSum({
      preference: [1, logistic({ beta })],
      likelihood: [alpha, chosenLikelihood('answer-mean')],
    }); // (1)
    return inRounds(rounds, (k) => {
      const last = roundId(k - 1);
      return k === 1 ? { objective } : { objective, from: last, reference: last, trees: 'fresh' }; // (2)
    });
  },
  defaults: {
    paper: { beta: 0.1, alpha: 1, rounds: 4, learningRate: 7e-7, batchSize: 16, temperature: 0.8 },
    learningRate: 5e-5,
    batchSize: 16,
  },
});
