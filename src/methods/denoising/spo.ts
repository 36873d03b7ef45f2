/**
 * SPO: step by step. At each step the policy draws several next states of the same one, the image that each stands for is judged, and
 * best and worst are compared as transitions of the sampler. It goes on from any of them, and draws anew after every round.
 *
 *   lp  = mean over the image of log N(x_p; mu(x_t), sigma_t^2)                                (1)
 *   q   = exp(lp - lp_ref), held to 1 - clip .. 1 + clip, where it has no gradient                 (2)
 *   L   = -log sigmoid(beta (log q_w - log q_l)), mean over pairs                              (3)
 *   : judge, where it is a model: -log sigmoid(s_w - s_l), s = exp(k) cos(image(x0hat, t), asked)   (4)
 *
 *   x_t, x_p  a state and the next     mu  where the policy's step of DDIM goes     sigma  its noise, eta 1     w, l  best and worst
 *   x0hat     the image that a noised one stands for under the base; both of a pair have one noise and one time
 *
 * Where we differ: the judge is the reward of the image that a state stands for; the paper's, a model of preferences that is told the
 * time (4), is a choice, trained before in a pass of its own, from scratch and not from CLIP. No pairs at the first four steps, as in
 * the code, and none at the last, which adds no noise.
 *
 * Source: Liang et al. 2024; RockeyCoss/SPO, spo_training_and_inference.
 */
import { poolPairs } from '../../sources/pool-pairs';
import { poolSteps } from '../../sources/pool-steps';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { range } from '../../util/range';
import { clip, onShapes, roundsParam, saturatedIn, transitionBeta } from '../latents';
import { defineMethod } from '../method';
import type { LatentReads, Objective } from '../objective';
import { logistic } from '../pairwise/dpo';
import { choice, number } from '../params';
import type { Pass } from '../pass';

/** (2) as a log: log of the ratio where it is within the clip, else the border, without a gradient. */
const clippedLogRatio = (logRatio: Tensor1D, clip: number): Tensor1D =>
  clip > 0
    ? tf.clipByValue(logRatio, clip < 1 ? Math.log(1 - clip) : Number.MIN_SAFE_INTEGER, Math.log(1 + clip))
    : logRatio;

/** (3), which TailorPO and D3PO train with on transitions of their own. */
export const clippedTransitions = (
  { beta, clip }: { beta: number; clip: number },
  latents: LatentReads = { entry: 'transition' },
): Objective => ({
  reads: { reference: true, latents },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [w, l] = [pairs.chosen.logRatio, pairs.rejected.logRatio];
    const margin = tf.sub(clippedLogRatio(w, clip), clippedLogRatio(l, clip));
    const held = tf.mean(tf.cast(tf.greater(tf.abs(tf.concat([w, l])), Math.log(1 + clip)), 'float32'));
    return {
      loss: tf.mean(tf.softplus(tf.mul(margin, -beta))) as Scalar, // (3)
      over: pairs.count,
      rewards: answers.reward(beta),
      aux: { ...saturatedIn(tf.mul(margin, beta) as Tensor1D), ...(clip > 0 && { clipped: held as Scalar }) },
    };
  },
});

/** Rounds that are one training: each draws anew with what the last one ended with, against the model that the run began with. */
export const drawnRounds = (rounds: number, objective: Objective): Pass[] =>
  range(rounds).map((k): Pass => {
    const pass = { id: `round-${k + 1}`, label: `Round ${k + 1}`, objective, share: 1 / rounds };
    return k === 0 ? pass : { ...pass, trees: 'fresh', goesOn: true };
  });

/** Passes are shares of the document's steps: of five, four are the model's. */
const ofModel = 4 / 5;

/** Rounds whose next states a model prefers, after the pass that trains it on pairs of the base's images: (4). */
const judgedByModel = (
  rounds: number,
  params: { beta: number; clip: number; modelRate: number; modelPairs: number },
): Pass[] => {
  const model: Pass = {
    id: 'preference-model',
    label: 'Preference model',
    objective: { ...logistic({ beta: 1 }), reads: { latents: { entry: 'preference' } } },
    trees: poolPairs,
    makes: params.modelPairs,
    learningRate: params.modelRate,
    share: ofModel,
  };
  const judged = clippedTransitions(params, { entry: 'transition', judge: model.id });
  const share = (1 - ofModel) / rounds;
  return [model, ...drawnRounds(rounds, judged).map((round) => ({ ...round, share }))];
};

export const spo = defineMethod({
  id: 'spo',
  name: 'SPO',
  chapter: 'denoising',
  paper: {
    title:
      'Aesthetic Post-Training Diffusion Models from Generic Preferences with Step-by-step Preference Optimization',
    authors:
      'Zhanhao Liang, Yuhui Yuan, Shuyang Gu, Bohan Chen, Tiankai Hang, Mingxi Cheng, Ji Li, Liang Zheng',
    year: 2024,
    arxiv: '2406.04314',
    url: 'https://arxiv.org/abs/2406.04314',
  },
  summary: 'At every step of denoising the best of several next states is preferred to the worst.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( \beta \log \hat q(x_p^w) - \beta \log \hat q(x_p^l) \right), \quad \hat q = \operatorname{clip}\!\left( \frac{p_\theta(x_p \mid x_t)}{p_{\mathrm{ref}}(x_p \mid x_t)},\, 1 \pm \epsilon \right)`,
  notes: [
    'Shows: labels of single steps beat the label of the final image (D3PO) at equal cost, and the held-out shape stays.',
    'Does not show: above Diffusion-DPO in the trained reward. It needs no pool, and keeps the shape better.',
    'Shows: the step-aware model is over-optimised. The true reward is best after 8 rounds; further on the images only spread.',
    'Log-probs are means over the numbers of an image; with those hardly a ratio leaves the clip.',
  ],
  kin: { id: 'diffusion-dpo', change: 'on single steps of denoising, drawn anew', axis: 'pictures' },
  eats: 'latent-steps',
  params: {
    beta: { ...transitionBeta, default: 10, from: 'code' },
    clip,
    rounds: roundsParam(12),
    judge: choice({
      label: 'judge',
      help: 'What says which next state is better.',
      options: {
        reward: 'the reward of the image that it stands for',
        model: 'a step-aware model, trained before',
      },
      default: 'reward',
      from: 'ours',
    }),
    modelRate: number({
      label: 'rate of the model',
      help: 'Learning rate of the step-aware model, where there is one; four fifths of the steps are its own.',
      min: 1e-6,
      max: 0.1,
      scale: 'log',
      default: 1e-3,
      from: 'ours',
    }),
    modelPairs: number({
      label: 'pairs of the model',
      help: 'Of images of the base, which the step-aware model learns from, where there is one.',
      min: 6,
      max: 20_000,
      integer: true,
      default: 3072,
      from: 'ours',
    }),
  },
  sources: [poolSteps],
  passes: ({ rounds, judge, ...params }) =>
    judge === 'model' ? judgedByModel(rounds, params) : drawnRounds(rounds, clippedTransitions(params)),
  presets: [
    {
      id: 'step-aware',
      name: 'With a step-aware model',
      summary:
        'As in the paper, a model of preferences that is told the time says which next state is better; trained first, on pairs of the base’s images. It is over-optimised after 8 rounds.',
      task: 'shapes',
      params: { judge: 'model', rounds: 8 },
      source: { id: 'pool-steps', params: { gap: 0.62 } },
      learningRate: 2e-5,
      steps: 600,
    },
  ],
  defaults: {
    paper: { beta: 10, clip: 0.1, learningRate: 6e-5, batchSize: 10, pool: 4, epochs: 10 },
    learningRate: 5e-5,
    batchSize: 32,
    world: onShapes(480, 180, { every: 45 }),
  },
});
