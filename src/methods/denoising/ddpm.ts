/**
 * A denoiser from nothing: noise is put on drawings, and the network learns to say what is in the mixture. It makes the base that
 * preferences then work on; on better drawings it is supervised fine-tuning of one.
 *
 *   x_t = signal_t x_0 + noise_t e,   v = signal_t e - noise_t x_0                              (1)
 *   L   = mean over images and their numbers of (v - v_theta(x_t, t, c))^2                      (2)
 *   t   = T 2/pi atan(exp(z)), z normal                                                         (3)
 *   w'  = keep w' + (1 - keep) w after each step, keep = min(decay, (1 + n) / (10 + n))         (4)
 *
 *   x_0  a drawing of condition c    e  noise, drawn anew at each visit    t  its time    w, w'  the weights, and what is returned
 *
 * Where we differ: the paper's network predicts the noise e at a time drawn alike from all, on a linear schedule; ours predicts v
 * (Salimans and Ho, 2022, arXiv 2202.00512) on the cosine schedule, mostly at times in between (3), which learns several times as fast
 * here. The condition is always told: there is no guidance without a classifier.
 *
 * Source: Ho et al. 2020, equation 14 and algorithm 1; hojonathanho/diffusion, diffusion_utils_2.py.
 */
import { drawnImages } from '../../sources/drawn-images';
import { tf } from '../../tf';
import { onShapes } from '../latents';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { choice, number } from '../params';

/** (2): an entry is minus the error of one drawing. */
export const denoisingError = (latents: Objective['reads']['latents']): Objective => ({
  reads: { ...(latents && { latents }) },
  loss: ({ steps }) => ({ loss: tf.neg(tf.mean(steps.sum)), over: steps.count }),
});

export const ddpm = defineMethod({
  id: 'ddpm',
  name: 'DDPM',
  chapter: 'denoising',
  paper: {
    title: 'Denoising Diffusion Probabilistic Models',
    authors: 'Jonathan Ho, Ajay Jain, Pieter Abbeel',
    year: 2020,
    arxiv: '2006.11239',
    url: 'https://arxiv.org/abs/2006.11239',
  },
  summary:
    'Trains a model that draws from random weights: noise is put on drawings, and the network learns to take it off. The base of the other methods here.',
  tex: String.raw`\mathcal{L} = \mathbb{E}_{x_0, c, t, \epsilon}\; \tfrac1D \big\lVert v - v_\theta(x_t, t, c) \big\rVert^2, \quad \begin{aligned} x_t &= \alpha_t x_0 + \sigma_t \epsilon \\ v &= \alpha_t \epsilon - \sigma_t x_0 \end{aligned}`,
  notes: [
    'The network learns the drawings’ faults with the drawings: wrong hues and cut halves are what preferences then mend.',
    'Predicts v at times mostly in between; with e alike at all times, as in the paper, as much training recognises half as many shapes.',
  ],
  kin: { id: 'sft', change: 'on errors of denoising, from random weights', axis: 'pictures' },
  eats: 'latent-images',
  params: {
    begin: choice({
      label: 'begin',
      help: 'What it is trained from; a model’s own weights for fine-tuning on other drawings.',
      options: { random: 'random weights in the shape of the model', model: 'the model' },
      default: 'random',
      from: 'paper',
    }),
    times: choice({
      label: 'times',
      help: 'How the time of the noise is drawn.',
      options: { between: 'mostly in between', alike: 'all alike' },
      default: 'between',
      from: 'ours',
    }),
    decay: number({
      label: 'decay of the average',
      help: 'What is returned is an average of the weights; each step keeps so much of it. 0 returns the last weights.',
      min: 0,
      max: 0.99999,
      default: 0.998,
      from: 'ours',
    }),
  },
  sources: [drawnImages],
  passes: ({ begin, times, decay }) => [
    {
      id: 'ddpm',
      label: 'Denoising',
      objective: denoisingError({
        entry: 'error',
        noise: 'shared',
        times,
        ...(begin === 'random' && { begins: 'random' }),
      }),
      average: { decay },
    },
  ],
  defaults: {
    paper: { learningRate: 2e-4, batchSize: 128, decay: 0.9999, steps: 800_000 },
    learningRate: 2e-3,
    batchSize: 32,
    world: onShapes(8192, 6000, {
      schedule: { kind: 'cosine', warmup: 100 / 6000 },
      every: 600,
      checkpointEvery: 600,
      weightDecay: 0.01,
    }),
  },
});
