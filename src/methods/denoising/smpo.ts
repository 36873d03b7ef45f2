/**
 * SmPO-Diffusion: Diffusion-DPO with a soft preference. How sure the preference is, by the rewards of both images, scales the pair's
 * margin: a near tie teaches next to nothing, a clear lead more than a hard label would.
 *
 *   p   = sigmoid((r_w - r_l) / (max r - min r)),  over the whole data set                      (1)
 *   f   = g (2 p - 1)                                                                          (2)
 *   L   = -log sigmoid(-beta / 2 f (s_w - s_l)), mean over pairs                               (3)
 *
 *   s     denoising error less the reference's, as in Diffusion-DPO      r  reward     g  sensitivity
 *
 * With inversion the noise of an image is not drawn: it is what the policy's own DDIM, walked backwards, ends in.            (4)
 *
 * Where we differ: the time of an inversion is one of its own steps, where the code inverts to a step below the time and then takes
 * the time itself. The factor keeps its sign, so that a mistaken label works backwards. Inversion is off: at this size it harms.
 *
 * Source: Lu et al. 2025; JaydenLyh/SmPO, train.py.
 */
import { poolPairs } from '../../sources/pool-pairs';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { errorBeta, errorsOf, onShapes, saturatedIn } from '../latents';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { flag, number } from '../params';

interface SmoothParams {
  beta: number;
  g: number;
  inversion: boolean;
  renoise: boolean;
  inversionSteps: number;
}

const smooth = ({ beta, g, inversion, renoise, inversionSteps }: SmoothParams): Objective => ({
  reads: {
    reference: true,
    scores: true,
    latents: { entry: 'error', noise: inversion ? { inversion: inversionSteps, renoise } : 'shared' },
  },
  rewardScale: beta / 2,
  loss({ pairs, answers }) {
    const { chosen, rejected } = pairs;
    const lead = tf.sub(chosen.score, rejected.score); // (1): scores are shares of the range
    const factor = tf.mul(tf.sub(tf.mul(tf.sigmoid(lead), 2), 1), g); // (2) [C]
    const minusZ = tf.mul(factor, pairs.margin(-beta / 2)) as Tensor1D;
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (3)
      over: pairs.count,
      rewards: answers.reward(beta / 2),
      aux: {
        ...errorsOf(pairs),
        ...saturatedIn(minusZ),
        factor: tf.mean(factor) as Scalar,
        'factor/least': tf.min(factor) as Scalar,
      },
    };
  },
});

export const smpo = defineMethod({
  id: 'smpo',
  name: 'SmPO-Diffusion',
  chapter: 'denoising',
  paper: {
    title:
      'Smoothed Preference Optimization via ReNoise Inversion for Aligning Diffusion Models with Varied Human Preferences',
    authors: 'Yunhong Lu, Qichao Wang, Hengyuan Cao, Xiaoyin Xu, Min Zhang',
    year: 2025,
    arxiv: '2506.02698',
    url: 'https://arxiv.org/abs/2506.02698',
  },
  summary: 'Diffusion-DPO in which a pair counts by how sure its preference is.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( -\tfrac{\beta}{2}\, g\,(2p-1)\,(s_w - s_l) \right), \quad p = \sigma\!\left(\frac{r_w - r_l}{\max r - \min r}\right)`,
  notes: [
    'Shows: with labels as people give them (data.source.params.labels drawn) the factor turns mistaken pairs round, and the reward rises where hard labels lag. A tie has loss log 2 and no gradient.',
    'Does not show: with clean labels it is not above Diffusion-DPO.',
    'Does not show: inversion harms in every setting tried. A clean flat image inverts to noise of a fifth of the spread that the sampler begins with. ReNoise halves the error of the inversion and brings no reward.',
  ],
  kin: { id: 'diffusion-dpo', change: 'a pair counts by how sure its preference is', axis: 'pictures' },
  eats: 'latents',
  params: {
    beta: errorBeta,
    g: number({
      label: 'g',
      help: 'How much a lead in reward counts; the factor of a pair is at most g times 0.46.',
      min: 0.1,
      max: 100,
      scale: 'log',
      default: 10,
      from: 'code',
    }),
    inversion: flag({
      label: 'inversion',
      help: 'Noise an image with what the policy’s own inversion ends in instead of drawn noise; it harms at this size.',
      default: false,
      from: 'ours',
    }),
    renoise: flag({
      label: 'ReNoise',
      help: 'Of an inversion: correct each step by a second look.',
      default: true,
      from: 'paper',
    }),
    inversionSteps: number({
      label: 'steps of the inversion',
      help: 'How many steps lead from the image to pure noise.',
      min: 2,
      max: 20,
      integer: true,
      default: 5,
      from: 'code',
    }),
  },
  sources: [poolPairs],
  presets: [
    {
      id: 'drawn-labels',
      name: 'Labels as people give them',
      summary:
        'The winner is drawn with the probability of its lead, about one label in four is wrong: what the soft factor is for.',
      task: 'shapes',
      source: { id: 'pool-pairs', params: { labels: 'drawn' } },
    },
    {
      id: 'break-inversion',
      name: 'With inversion',
      summary:
        'Noise from the policy’s own inversion: a clean flat image inverts to a fifth of the spread that the sampler begins with, and shapes are lost.',
      task: 'shapes',
      params: { inversion: true },
      steps: 100,
    },
  ],
  passes: (params) => [{ id: 'smpo', label: 'SmPO-Diffusion', objective: smooth(params) }],
  defaults: {
    paper: { beta: 2000, g: 10, learningRate: 1e-5, batchSize: 1024, steps: 200, warmupSteps: 100 },
    learningRate: 1e-4,
    batchSize: 32,
    world: onShapes(3072, 200),
  },
});
