/**
 * Diffusion-DPO: DPO for a model that denoises. What an image's log-prob would be is bounded by its denoising errors, so a pair is
 * scored by how much better the policy denoises the winner than the reference does, and how much worse the loser, at one time and
 * one noise drawn for the pair.
 *
 *   E   = mean over the image of (v - v_theta(x_t, t))^2,  x_t = signal_t x_0 + noise_t e, v = signal_t e - noise_t x_0    (1)
 *   s   = E - E_ref                                                                            (2)
 *   L   = -log sigmoid(-beta / 2 (s_w - s_l)), mean over pairs                                 (3)
 *
 *   w, l  preferred and other image of one condition    e  one noise for both     t  one time, uniform
 *   beta  strength of the pull to the reference; it multiplies a mean over the 432 numbers of an image
 *
 * Where we differ: the paper's network predicts the noise and ours v, whose error is the noise's divided by the share of signal.
 * No guidance without a classifier. beta is ours: 5,000 on latents of 16,384 numbers is about 130 on 432.
 *
 * Source: Wallace et al. 2023, equation 14; SalesforceAIResearch/DiffusionDPO, train.py.
 */
import { poolPairs } from '../../sources/pool-pairs';
import { errorBeta, errorsOf, onShapes, saturatedIn } from '../latents';
import { defineMethod } from '../method';
import type { LatentReads, Objective } from '../objective';
import { logistic } from '../pairwise/dpo';

/** (3): an entry is -E, so that it is DPO's own loss at half of beta. */
export const denoisingLogistic = ({ beta }: { beta: number }): Objective => {
  const pairwise = logistic({ beta: beta / 2 });
  const latents: LatentReads = { entry: 'error', noise: 'shared' };
  return {
    ...pairwise,
    reads: { reference: true, latents },
    loss: (input) => ({
      ...pairwise.loss(input),
      aux: { ...errorsOf(input.pairs), ...saturatedIn(input.pairs.margin(beta / 2)) },
    }),
  };
};

export const diffusionDpo = defineMethod({
  id: 'diffusion-dpo',
  name: 'Diffusion-DPO',
  chapter: 'denoising',
  paper: {
    title: 'Diffusion Model Alignment Using Direct Preference Optimization',
    authors:
      'Bram Wallace, Meihua Dang, Rafael Rafailov, Linqi Zhou, Aaron Lou, Senthil Purushwalkam, Stefano Ermon, Caiming Xiong, Shafiq Joty, Nikhil Naik',
    year: 2023,
    arxiv: '2311.12908',
    url: 'https://arxiv.org/abs/2311.12908',
  },
  summary: 'DPO for a model that draws: the errors of denoising stand where log-probs do.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( -\tfrac{\beta}{2} \Big[ \big(E_\theta(x_w) - E_{\mathrm{ref}}(x_w)\big) - \big(E_\theta(x_l) - E_{\mathrm{ref}}(x_l)\big) \Big] \right), \quad E = \tfrac1D \lVert v - v_\theta(x_t, t) \rVert^2`,
  notes: [
    'Shows: hues come right within 200 updates. Both errors rise, the loser’s faster; that is why the loss falls.',
    'Break it: brightness as reward and beta 20 give grey, empty images while the reward says that all is well. The held-out shape tells.',
    'Measured at eta 1, as it was trained; at eta 0 the gain is smaller.',
    'The network predicts v, and its error is that of v; the paper’s is that of the noise.',
  ],
  kin: { id: 'dpo', change: 'on denoising errors of images', axis: 'pictures' },
  eats: 'latents',
  params: { beta: errorBeta },
  sources: [poolPairs],
  presets: [
    {
      id: 'break-brightness',
      name: 'Brightness, beta 20',
      summary:
        'A reward without bound and a weak hold on the reference: within 200 updates the images go grey and empty while the reward says that all is well.',
      task: 'shapes',
      params: { beta: 20 },
      source: { id: 'pool-pairs', params: { reward: 'brightness' } },
    },
  ],
  passes: (params) => [{ id: 'diffusion-dpo', label: 'Diffusion-DPO', objective: denoisingLogistic(params) }],
  defaults: {
    paper: { beta: 5000, learningRate: 2e-5, batchSize: 2048, steps: 2000, warmupSteps: 500 },
    learningRate: 1e-4,
    batchSize: 32,
    world: onShapes(3072, 200),
  },
});
