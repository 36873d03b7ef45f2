/**
 * D3PO: the label of the final image for every step of the walk that led to it. What the methods on single steps are compared with.
 *
 *   L = -log sigmoid(beta (log q(a_w) - log q(a_l))), at each step of two walks                (1)
 *
 *   a  a transition of the sampler      w, l  the walk with the better image, and the other      q  the clipped ratio of SPO
 *
 * Where we differ: a reward stands where people choose; five steps of each walk are trained, as TailorPO trains them, and log-probs
 * are means over the numbers of an image.
 *
 * Source: Yang et al. 2024, equation 11; yk7333/D3PO.
 */
import { wholeWalksSource } from '../../sources/whole-walks';
import { clip, onShapes, roundsParam, transitionBeta } from '../latents';
import { defineMethod } from '../method';
import { clippedTransitions, drawnRounds } from './spo';

export const d3po = defineMethod({
  id: 'd3po',
  name: 'D3PO',
  chapter: 'denoising',
  paper: {
    title: 'Using Human Feedback to Fine-tune Diffusion Models without Any Reward Model',
    authors:
      'Kai Yang, Jian Tao, Jiafei Lyu, Chunjiang Ge, Jiaxin Chen, Qimai Li, Weihan Shen, Xiaolong Zhu, Xiu Li',
    year: 2023,
    arxiv: '2311.13231',
    url: 'https://arxiv.org/abs/2311.13231',
  },
  summary: 'Two walks from noise to image; the better image has all its steps preferred.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\big( \beta \log\hat q(x_p^w \mid x_t^w) - \beta \log\hat q(x_p^l \mid x_t^l) \big), \quad \hat q = \frac{p_\theta(x_p \mid x_t)}{p_{\mathrm{ref}}(x_p \mid x_t)}`,
  notes: [
    'The baseline of the chapter: at equal cost it stays far below the methods that label single steps, and varies most from seed to seed.',
    'The two walks start from noises of their own, so that a step need not move the mean along winner minus loser.',
  ],
  kin: { id: 'tailorpo', change: 'with the final image’s label, on walks apart', axis: 'pictures' },
  eats: 'latent-steps',
  params: { beta: transitionBeta, clip, rounds: roundsParam(30) },
  sources: [wholeWalksSource],
  passes: ({ rounds, ...params }) => drawnRounds(rounds, clippedTransitions(params)),
  defaults: {
    paper: { beta: 0.1, learningRate: 3e-5, steps: 20 },
    learningRate: 1e-4,
    batchSize: 32,
    world: onShapes(160, 150),
  },
});
