/**
 * RPO: DPO with the likelihood of the chosen answer beside it. The term is the least favourable reward's price: it keeps the
 * policy from answers that only look good because the data say little of them.
 *
 *   L = softplus(-beta (S_w - S_l)) + eta beta (-Lp_w)              average: sum               (1)
 *   L = softplus(-beta (S_w - S_l)) + eta (-(mean of l_t over tokens of w))      else          (2)
 *   mean over pairs
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   Lp   sum over the answer's tokens of l_t                beta, eta  strength of the two pulls
 *
 * Where we differ: the baseline of the paper's theory may be any policy; as in its experiments it is the chosen answers.
 *
 * Source: Liu et al. 2024, section 4; YSLIU627/Regularized-Preference-Optimization, rpo_trainer.py for (1), whose readme
 * has the mean beside it; TRL, dpo_trainer.py (sigmoid and sft with loss_weights) for (2).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import { chosenLikelihood, likelihoodAverage } from '../chosen-cross-entropy';
import { defineMethod } from '../method';
import { number } from '../params';
import { weightedSum } from '../weighted-sum';
import { beta, logistic } from './dpo';

export const rpo = defineMethod({
  id: 'rpo',
  name: 'RPO',
  chapter: 'pairwise',
  paper: {
    title:
      'Provably Mitigating Overoptimization in RLHF: Your SFT Loss is Implicitly an Adversarial Regularizer',
    authors:
      'Zhihan Liu, Miao Lu, Shenao Zhang, Boyi Liu, Hongyi Guo, Yingxiang Yang, Jose Blanchet, Zhaoran Wang',
    year: 2024,
    arxiv: '2405.16436',
    url: 'https://arxiv.org/abs/2405.16436',
  },
  summary:
    'DPO with a little of the likelihood of the chosen answer beside it, so that chosen answers do not lose probability while margins grow.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( \beta S_w - \beta S_l \right) - \eta\beta \log\pi_\theta(y_w \mid x), \quad S = \log\frac{\pi_\theta(y \mid x)}{\pi_{\mathrm{ref}}(y \mid x)}`,
  notes: [
    'The sum over tokens is the paper’s and has the weight eta beta; a mean over tokens, which the authors offer as well, has the weight eta alone, as in TRL.',
    'The likelihood is that of the chosen answers, as in the paper’s experiments.',
  ],
  kin: { id: 'dpo', change: 'with the likelihood of the chosen answer beside it', axis: 'term' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta: { ...beta, default: 0.01 },
    eta: number({
      label: 'eta',
      help: 'Weight of the likelihood of the chosen answer; 0 is DPO.',
      min: 0,
      max: 10,
      default: 0.005,
      from: 'paper',
    }),
    average: likelihoodAverage('sum'),
  },
  sources: [rightAndWrong],
  passes: ({ beta, eta, average }) => [
    {
      id: 'rpo',
      label: 'RPO',
      objective: weightedSum({
        preference: [1, logistic({ beta })],
        likelihood: [average === 'sum' ? eta * beta : eta, chosenLikelihood(average)], // (1), (2)
      }),
    },
  ],
  defaults: {
    paper: { beta: 0.01, eta: 0.005, learningRate: 5e-7, schedule: 'cosine', warmup: 0.1, epochs: 1 },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
