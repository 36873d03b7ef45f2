/**
 * MPO: which of two answers is better, how good each is by itself, and how to write the better one, learned at once by three
 * losses in a weighted sum.
 *
 *   L_p = softplus(-beta (S_w - S_l))                       preference: DPO                    (1)
 *   L_q = softplus(-beta S_w) + softplus(beta S_l)          quality: BCO                       (2)
 *   L_g = -(sum over tokens of l_t of w) / n_w              generation: SFT                    (3)
 *   L   = w_p L_p + w_q L_q + w_g L_g, each a mean over pairs                                  (4)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference              n  scored tokens
 *
 * Where we differ: the paper shifts the rewards in (2) by their running mean; TRL's pairwise BCO, which this is, does not.
 *
 * Source: Wang et al. 2024, equations 3 to 8; TRL, dpo_trainer.py (sigmoid, bco_pair and sft with loss_weights).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import { chosenLikelihood, likelihoodAverage } from '../chosen-cross-entropy';
import { defineMethod } from '../method';
import { number } from '../params';
import { weightedSum } from '../weighted-sum';
import { classified } from './bco-pair';
import { beta, logistic } from './dpo';

export const mpo = defineMethod({
  id: 'mpo',
  name: 'MPO',
  chapter: 'pairwise',
  paper: {
    title:
      'Enhancing the Reasoning Ability of Multimodal Large Language Models via Mixed Preference Optimization',
    authors:
      'Weiyun Wang, Zhe Chen, Wenhai Wang, Yue Cao, Yangzhou Liu, Zhangwei Gao, Jinguo Zhu, Xizhou Zhu, Lewei Lu, Yu Qiao, Jifeng Dai',
    year: 2024,
    arxiv: '2411.10442',
    url: 'https://arxiv.org/abs/2411.10442',
  },
  summary:
    'Three losses at once: which answer is better (DPO), how good each is by itself (BCO), and how the better one is written (SFT).',
  tex: String.raw`\mathcal{L} = w_p \big({-\log\sigma(\beta S_w - \beta S_l)}\big) + w_q \big({-\log\sigma(\beta S_w) - \log\sigma(-\beta S_l)}\big) + w_g \Big({-\frac{\log\pi_\theta(y_w)}{|y_w|}}\Big)`,
  notes: [
    'The quality term has no shift of the reward, as in TRL; the paper shifts it by a running mean of earlier rewards.',
    'The paper averages the generation term answer by answer, TRL over all tokens of a batch; both can be chosen.',
    'The paper trains on images and text; here both answers are text.',
  ],
  kin: { id: 'dpo', change: 'with BCO and SFT in the same loss', axis: 'term' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta,
    preferenceWeight: number({
      label: 'weight of the preference',
      help: 'Of the DPO term.',
      min: 0.01,
      max: 10,
      default: 0.8,
      from: 'paper',
    }),
    qualityWeight: number({
      label: 'weight of the quality',
      help: 'Of the BCO term.',
      min: 0,
      max: 10,
      default: 0.2,
      from: 'paper',
    }),
    generationWeight: number({
      label: 'weight of the generation',
      help: 'Of the likelihood of the chosen answer.',
      min: 0,
      max: 10,
      default: 1,
      from: 'paper',
    }),
    average: likelihoodAverage('answer-mean'),
  },
  sources: [rightAndWrong],
  passes: ({ beta, preferenceWeight, qualityWeight, generationWeight, average }) => [
    {
      id: 'mpo',
      label: 'MPO',
      objective: weightedSum({
        preference: [preferenceWeight, logistic({ beta })], // (1)
        quality: [qualityWeight, classified({ beta })], // (2)
        generation: [generationWeight, chosenLikelihood(average)], // (3)
      }), // (4)
    },
  ],
  defaults: {
    paper: { beta: 0.1, preferenceWeight: 0.8, qualityWeight: 0.2, generationWeight: 1, learningRate: 5e-6 },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
