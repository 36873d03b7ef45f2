/**
 * TIS-DPO: tokens weighted by importance, which two contrastive models tell: one that DPO trained forward, and one that it
 * trained with the roles of the answers exchanged.
 *
 *   d_t = clip(l+_t - l-_t, lowest, highest)                                                   (1)
 *   c_t = exp(mu d_t) (chosen),  exp(-mu d_t) (rejected)                                       (2)
 *   L   = softplus(-beta (sum c_t rho_t [w] - sum c_t rho_t [l])), mean over pairs             (3)
 *   positive:  DPO                                                                             (4)
 *   negative:  softplus(beta (S_w - S_l)): DPO with chosen and rejected exchanged              (5)
 *
 *   rho_t  l_t - l0_t, log-probs of policy and reference     l+, l-  log-probs under positive and negative model, constants
 *   beta   strength of the pull to the reference, in all passes     mu  strength of the weights
 *
 * Where we differ: the released code's default transform makes every weight 1, which is DPO; the paper's is taken. The term
 * with the exact divergence of the sequences is left out.
 *
 * Source: Liu et al. 2024; exlaw/TIS-DPO. Weights as in the paper, our reading.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { CoefficientInput, Objective } from '../objective';
import { beta, logistic } from '../pairwise/dpo';
import { number } from '../params';

interface TisParams {
  beta: number;
  mu: number;
  lowest: number;
  highest: number;
}

/** (1), (2): an answer has one role, so that a token has one weight. */
const importance =
  ({ mu, lowest, highest }: TisParams) =>
  ({ batch, constants }: CoefficientInput): Float32Array => {
    const { positive, negative } = constants as { positive: Float32Array; negative: Float32Array };
    const weight = batch.entries.weight.slice();
    const fill = (answer: number, sign: number) => {
      const { entryStart, entryEnd } = batch.responses[answer]!;
      for (let m = entryStart; m < entryEnd; m++) {
        const d = Math.min(highest, Math.max(lowest, positive[m]! - negative[m]!));
        weight[m] = Math.exp(sign * mu * d);
      }
    };
    for (const { chosen, rejected } of batch.comparisons) {
      fill(chosen, 1);
      fill(rejected, -1);
    }
    return weight;
  };

/** (5) */
const reversed = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  loss({ pairs }) {
    return { loss: tf.mean(tf.softplus(pairs.margin(beta))) as Scalar, over: pairs.count };
  },
});

const weighted = (params: TisParams): Objective => ({
  reads: {
    reference: true,
    frozen: {
      positive: { model: 'positive', read: 'logProb' },
      negative: { model: 'negative', read: 'logProb' },
    },
    oneRole: true,
  },
  rewardScale: params.beta,
  coefficients: importance(params),
  loss({ pairs, answers }) {
    return {
      loss: tf.mean(tf.softplus(pairs.margin(-params.beta))) as Scalar, // (3)
      over: pairs.count,
      rewards: answers.reward(params.beta),
    };
  },
});

export const tisDpo = defineMethod({
  id: 'tis-dpo',
  name: 'TIS-DPO',
  chapter: 'token-level',
  paper: {
    title:
      'TIS-DPO: Token-level Importance Sampling for Direct Preference Optimization With Estimated Weights',
    authors:
      'Aiwei Liu, Haoping Bai, Zhiyun Lu, Yanchao Sun, Xiang Kong, Simon Wang, Jiulong Shan, Albin Madappally Jose, Xiaojiang Liu, Lijie Wen, Philip S. Yu, Meng Cao',
    year: 2024,
    arxiv: '2410.04350',
    url: 'https://arxiv.org/abs/2410.04350',
  },
  summary:
    'Trains a good and a bad model first; where they disagree on a token, the token counts for more in the third training.',
  tex: String.raw`\mathcal{L} = -\log\sigma\Big( \beta\sum_t w_t \rho_t\,[w] - \beta\sum_t w_t \rho_t\,[l] \Big), \quad w_t = \exp\Big( \pm\mu\, \mathrm{clip}\Big( \log\frac{\pi_+(y_t)}{\pi_-(y_t)} \Big) \Big)`,
  notes: [
    'The two models come from DPO forward and with the roles exchanged, the third of the paper’s three ways.',
    'The weights are the paper’s in our reading, limits included; the released code’s default gives every token weight 1.',
    'The term with the exact divergence of the sequences is left out.',
  ],
  kin: { id: 'tgdpo', change: 'with weights from two contrastive models', axis: 'weights' },
  aims: ['blame'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'code' },
    mu: number({
      label: 'mu',
      help: 'Strength of the weights; 0 is DPO.',
      min: 0,
      max: 10,
      default: 1,
      from: 'ours',
    }),
    lowest: number({
      label: 'lowest',
      help: 'Log-ratios of the two models below it count as this.',
      min: -10,
      max: 0,
      default: -0.5,
      from: 'ours',
    }),
    highest: number({
      label: 'highest',
      help: 'Log-ratios of the two models above it count as this.',
      min: 0,
      max: 10,
      default: 1.5,
      from: 'ours',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [
    { id: 'positive', label: 'Positive model (DPO)', objective: logistic({ beta: params.beta }) }, // (4)
    { id: 'negative', label: 'Negative model (DPO reversed)', objective: reversed(params) },
    { id: 'tis-dpo', label: 'TIS-DPO', objective: weighted(params) },
  ],
  defaults: { paper: { beta: 0.1 }, learningRate: 5e-5, batchSize: 16 },
});
