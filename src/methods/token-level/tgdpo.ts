/**
 * TGDPO: DPO in which each token's log-ratio is scaled by a token reward, read off a model that DPO has trained before.
 * Tokens that the guide likes count for more in the chosen answer, tokens that it dislikes for more in the rejected.
 *
 *   rhat_t = beta (lR_t - l0_t)                                                            (1)
 *   c_t    = 1 + alpha rhat_t   (chosen),   1 - alpha rhat_t   (rejected)                  (2)
 *   z      = beta (sum c_t (l_t - l0_t) [w] - sum c_t (l_t - l0_t) [l])                    (3)
 *   L      = -log sigmoid(z) = softplus(-z), mean over pairs                               (4)
 *
 *   l_t, l0_t, lR_t  log-prob of token t under policy, reference and guide; the last two are constants
 *   alpha            strength of the guidance      beta  enters twice, in (1) and in (3)
 *
 * Where we differ: c_t is kept at or above 0 (param `clamp`). The released code lets it change sign once
 * alpha |rhat_t| > 1, which then pushes a token of the chosen answer down; that is rare with a large model's
 * log-ratios and common with a small one's. The guide is DPO or SimPO, trained on the same pairs;
 * DPO has the same beta. The optional SFT term of the code is left out; its default weight is 0.
 *
 * Source: Zhu et al. 2025, equation 13; dvlab-research/TGDPO, src/llamafactory/train/tgdpo/trainer.py.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import type { PackedBatch } from '../../tree/packed-batch';
import { guideObjective, guideParams } from '../guide';
import { defineMethod } from '../method';
import type { CoefficientInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { flag, number } from '../params';

interface TgdpoParams {
  beta: number;
  alpha: number;
  clamp: boolean;
}

/** +1 for an answer that is chosen, -1 for one that is rejected, 0 for one that is in no comparison. */
const signs = ({ responses, comparisons }: PackedBatch): Int8Array => {
  const sign = new Int8Array(responses.length);
  for (const { chosen, rejected } of comparisons) {
    sign[chosen] = 1;
    sign[rejected] = -1;
  }
  return sign;
};

const tokenWeights =
  ({ beta, alpha, clamp }: TgdpoParams) =>
  ({ batch, constants }: CoefficientInput): Float32Array => {
    const { reference, guide } = constants as { reference: Float32Array; guide: Float32Array };
    const lowest = clamp ? 0 : -Infinity;
    const sign = signs(batch);
    const weight = new Float32Array(batch.entries.count);
    batch.steps.forEach(({ response, entryStart, entryEnd }) => {
      for (let m = entryStart; m < entryEnd; m++) {
        const rhat = beta * (guide[m]! - reference[m]!); //                        (1)
        weight[m] = Math.max(lowest, 1 + sign[response]! * alpha * rhat); //       (2)
      }
    });
    return weight;
  };

const guided = (params: TgdpoParams): Objective => ({
  reads: { reference: true, frozen: { guide: { model: 'guide', read: 'logProb' } }, oneRole: true },
  rewardScale: params.beta,
  coefficients: tokenWeights(params),
  loss({ pairs, answers }) {
    const minusZ = pairs.margin(-params.beta); // (3) [C]
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (4)
      over: pairs.count,
      rewards: answers.reward(params.beta),
    };
  },
});

export const tgdpo = defineMethod({
  id: 'tgdpo',
  name: 'TGDPO',
  chapter: 'token-level',
  paper: {
    title: 'TGDPO: Harnessing Token-Level Reward Guidance for Enhancing Direct Preference Optimization',
    authors: 'Mingkang Zhu, Xi Chen, Zhongdao Wang, Bei Yu, Hengshuang Zhao, Jiaya Jia',
    year: 2025,
    arxiv: '2506.14574',
    url: 'https://arxiv.org/abs/2506.14574',
  },
  summary:
    'Trains twice: first DPO, whose result says token by token where an answer is good or bad, then again from the start with each token weighted by what it said.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \beta \sum_t \big(1 + \alpha \hat r_t\big) \log\frac{\pi_\theta(y_{w,t})}{\pi_{\mathrm{ref}}(y_{w,t})} - \beta \sum_t \big(1 - \alpha \hat r_t\big) \log\frac{\pi_\theta(y_{l,t})}{\pi_{\mathrm{ref}}(y_{l,t})} \right), \quad \hat r_t = \beta \log\frac{\pi_R(y_t)}{\pi_{\mathrm{ref}}(y_t)}`,
  notes: [
    'Token weights are kept at or above 0. The released code does not, so that there a strong token reward turns the push on its token round; turn “keep weights positive” off for that.',
    'The guide is trained on the same pairs, by DPO with the same beta, which therefore enters twice, or by SimPO, as the paper has either.',
    'The rewards shown are those inside the loss, weights included; the released code logs them without.',
    'On chained arithmetic it gained nothing on DPO that trains for as many steps as both passes together.',
  ],
  kin: { id: 'dpo', change: 'with tokens weighted by what a first pass learned', axis: 'weights' },
  aims: ['blame'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'code' },
    alpha: number({
      label: 'alpha',
      help: 'Strength of the token guidance; 0 is DPO.',
      min: 0,
      max: 10,
      default: 0.5,
      from: 'code',
    }),
    clamp: flag({
      label: 'keep weights positive',
      help: 'A token’s weight is at least 0; else it may become negative, as in the released code.',
      default: true,
      from: 'ours',
    }),
    ...guideParams,
  },
  sources: [rightAndWrong],
  passes: (params) => [
    { id: 'guide', ...guideObjective(params) },
    { id: 'tgdpo', label: 'TGDPO', objective: guided(params) },
  ],
  presets: [
    {
      id: 'simpo-guide',
      name: 'Guide by SimPO',
      summary: 'The first pass is SimPO with beta 2.5 and gamma 1.',
      params: { guide: 'simpo' },
    },
    {
      id: 'as-released',
      name: 'Weights as in the code',
      summary: 'They may become negative.',
      params: { clamp: false },
    },
  ],
  defaults: {
    paper: {
      beta: 0.1,
      alpha: 0.5,
      learningRate: 7e-7,
      batchSize: 128,
      epochs: 1,
      schedule: 'cosine',
      warmup: 0.1,
    },
    learningRate: 5e-5,
    batchSize: 16,
  },
});
