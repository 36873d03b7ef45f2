/**
 * TailorPO: at some steps of a walk from noise to image, two next states of the same one are compared by the image that each stands
 * for, and the walk goes on from the better. Since both start from one state, a step moves the mean along their difference.
 *
 *   lp  = mean over the image of log N(x_p; mu(x_t), sigma_t^2)                                (1)
 *   L   = -log sigmoid(beta (log q_w - log q_l)), q the clipped ratio of SPO                    (2)
 *       : its logit is beta / (sigma^2 D) (x_w - x_l) . (mu - mu_ref) where nothing is clipped      (3)
 *   x_w := x_w + eta sigma g / |g|, g the slope of the reward at x_w, where the reward rises by it   (4)
 *
 *   D  numbers of an image     eta  from the least at the noise to the greatest at the image, along a cosine
 *
 * Where we differ: the slope has a root mean square of 1 before it is scaled, so that eta means the same for every reward; the
 * walk goes on from the better state itself and not from where (4) pushed it. Learning rate and number of rounds are ours.
 *
 * Source: Ren et al. 2025, equations 9 to 12; no official code.
 */
import { twinSteps } from '../../sources/twin-steps';
import { clip, onShapes, roundsParam, transitionBeta } from '../latents';
import { defineMethod } from '../method';
import { flag, number } from '../params';
import { clippedTransitions, drawnRounds } from './spo';

const shift = (where: string, value: number) =>
  number({
    label: `push at the ${where}`,
    help: 'Of guidance: how far the winner is pushed there, in units of the step’s noise.',
    min: 0,
    max: 0.5,
    default: value,
    from: 'ours',
  });

export const tailorpo = defineMethod({
  id: 'tailorpo',
  name: 'TailorPO',
  chapter: 'denoising',
  paper: {
    title: 'Refining Alignment Framework for Diffusion Models with Intermediate-Step Preference Ranking',
    authors: 'Jie Ren, Yuhang Zhang, Dongrui Liu, Xiaopeng Zhang, Qi Tian',
    year: 2025,
    arxiv: '2502.01667',
    url: 'https://arxiv.org/abs/2502.01667',
  },
  summary:
    'Two next states of the same state, told apart by the image that each stands for; with guidance the better one is pushed further.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\big( \beta \log\hat q(x_p^w) - \beta \log\hat q(x_p^l) \big), \quad \hat q = \frac{p_\theta(x_p \mid x_t)}{p_{\mathrm{ref}}(x_p \mid x_t)}, \quad r(\hat x_0(x_p^w)) > r(\hat x_0(x_p^l))`,
  notes: [
    'Shows: far above trajectory labels (D3PO) at equal cost; the shared start is the larger part of it, the label of the step the rest.',
    'Shows, with guidance: at equal rounds the reward rises faster, and fewer shapes are recognised.',
    'Does not show: guidance above none at equal cost; the winner as the better state to go on from.',
    'Its price here: over three seeds the recognised shapes fall from 81 to 70 % while colour rises by 0.76 of its spread.',
    'Small pushes: a reward with a kink at its best, as colour has, is overshot near the image.',
  ],
  kin: { id: 'spo', change: 'at five steps, two next states, on from the winner', axis: 'pictures' },
  eats: 'latent-steps',
  params: {
    beta: transitionBeta,
    clip,
    rounds: roundsParam(30),
    guidance: flag({
      label: 'guidance',
      help: 'Push the winner up the slope of the reward, where the reward rises by it (TailorPO-G).',
      default: false,
      from: 'paper',
    }),
    leastPush: shift('noise', 0.05),
    greatestPush: shift('image', 0.1),
  },
  sources: [twinSteps],
  passes: ({ rounds, guidance, leastPush, greatestPush, ...params }) =>
    drawnRounds(
      rounds,
      clippedTransitions(params, {
        entry: 'transition',
        ...(guidance && { guidance: [leastPush, greatestPush] as const }),
      }),
    ),
  defaults: {
    paper: { beta: 0.1, clip: 0.1, learningRate: 3e-5, batchSize: 2, steps: 5 },
    learningRate: 1e-4,
    batchSize: 32,
    world: onShapes(160, 150),
  },
});
