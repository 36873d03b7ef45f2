/**
 * Pre-DPO: the reference is not where the policy begins but where a first DPO pass ended. At the start the weight of a pair is
 * sigmoid(margin of the guide): above 1/2 where the guide learned it.
 *
 *   pass 1:  DPO against the initial weights, or SimPO                                         (1)
 *   pass 2:  DPO from the initial weights, against the weights that pass 1 ended with           (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: a DPO guide has the beta of the second pass.
 *
 * Source: Pan et al. 2025, section 3; DtYXs/Pre-DPO, scripts/train_predpo.sh.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import { guideObjective, guideParams } from '../guide';
import { defineMethod } from '../method';
import { beta, logistic } from './dpo';

export const preDpo = defineMethod({
  id: 'pre-dpo',
  name: 'Pre-DPO',
  chapter: 'pairwise',
  paper: {
    title:
      'Pre-DPO: Improving Data Utilization in Direct Preference Optimization Using a Guiding Reference Model',
    authors: 'Junshu Pan, Wei Shen, Shulin Huang, Qiji Zhou, Yue Zhang',
    year: 2025,
    arxiv: '2504.15843',
    url: 'https://arxiv.org/abs/2504.15843',
  },
  summary:
    'Trains once, takes the result as the reference, and begins again: pairs that the first pass learned well weigh more.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( \beta\log\frac{\pi_\theta(y_w)}{\pi_{\mathrm{guide}}(y_w)} - \beta\log\frac{\pi_\theta(y_l)}{\pi_{\mathrm{guide}}(y_l)} \right)`,
  notes: [
    'The guide is trained by DPO with the same beta, or by SimPO with a beta and a margin of its own, as the paper has either.',
    'Both passes begin at the same weights: a policy that began at the guide would be iterated DPO.',
    'On chained arithmetic it gained nothing on DPO that trains for as many steps as both passes together.',
  ],
  kin: { id: 'dpo', change: 'against the result of a first DPO pass, begun again', axis: 'again' },
  aims: ['fewer-pairs'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'code' },
    ...guideParams,
  },
  sources: [rightAndWrong],
  passes: (params) => [
    { id: 'guide', ...guideObjective(params) }, // (1)
    { id: 'pre-dpo', label: 'Pre-DPO', reference: 'guide', objective: logistic(params) }, // (2)
  ],
  presets: [
    {
      id: 'simpo-guide',
      name: 'Guide by SimPO',
      summary: 'The first pass is SimPO with beta 2.5 and gamma 1, the second has beta 0.1.',
      params: { guide: 'simpo', beta: 0.1 },
    },
    {
      id: 'flipped',
      name: '30 % of the labels flipped',
      summary: 'Does the guide weigh turned pairs less?',
      wrappers: { 'noisy-labels': { noiseKind: 'flip', flipped: 0.3 } },
    },
  ],
  defaults: {
    paper: { beta: 0.1, learningRate: 1e-6, batchSize: 128, warmup: 0.06 },
    learningRate: 5e-5,
    batchSize: 16,
  },
});
