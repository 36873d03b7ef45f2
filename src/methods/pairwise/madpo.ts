/**
 * MADPO: a reward model's margin sets a weight for each pair, such that the optimal implicit margin becomes c(h) h.
 *
 *   h    = r_w - r_l, of the reward model; or the margin that the data give                    (1)
 *   k    = (cMax - 1) / (1 - cMin)                                                             (2)
 *   c(h) = cMin + (cMax - cMin) / (1 + k exp(lambda (|h| - tau))),  1 where cMin is 1          (3)
 *   w(h) = s(c(h) h) / s(h) for h > -tau, else 1                                               (4)
 *   L    = w(h) softplus(-beta (S_w - S_l)), mean over pairs                                   (5)
 *   reward model:  softplus(-(r_w - r_l)), mean over pairs                                     (6)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   s    sigmoid
 *
 * Where we differ: the reward model shares its architecture with the policy and trains for as many steps, where the paper trains one of its own with early stopping.
 *
 * Source: Rho 2025; sirano1004/Margin-Apative-Direct-Preference-Optimization, utils/loss_functions.py.
 */
import { bestAndWorst } from '../../sources/best-and-worst';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { choice, number } from '../params';
import type { Pass } from '../pass';
import { beta } from './dpo';

interface MadpoParams {
  beta: number;
  cMax: number;
  cMin: number;
  lambda: number;
  tau: number;
  /** 'model' when left out. */
  margin?: 'model' | 'known';
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** (2), (3): c(h). */
export const marginFactor = ({ cMax, cMin, lambda, tau }: MadpoParams, h: number): number => {
  if (cMin === 1) return 1;
  const k = (cMax - 1) / (1 - cMin);
  return cMin + (cMax - cMin) / (1 + k * Math.exp(lambda * (Math.abs(h) - tau)));
};

/** (4): w(h). */
export const marginWeight = (params: MadpoParams, h: number): number =>
  h > -params.tau ? sigmoid(marginFactor(params, h) * h) / sigmoid(h) : 1;

/** (1): by the reward model where there is one, else as the data say. */
const marginsOf = ({ pairs, constants }: LossInput): number[] => {
  const rewards = constants['r']?.host;
  return pairs.items.map(({ chosen, rejected, margin }, i) => {
    const h = rewards ? rewards[chosen]! - rewards[rejected]! : margin;
    if (h === undefined)
      throw new Error(
        `Comparison ${i} has no margin, and MADPO reads it; take a source that scores answers, or the margin of a reward model.`,
      );
    return h;
  });
};

const rewardHead = { name: 'reward', at: 'answer' } as const;

/** (6): a Bradley-Terry reward model on the policy's own trunk. */
const bradleyTerry: Objective = {
  reads: { head: rewardHead },
  loss({ pairs, head }) {
    const gap = pairs.difference(head!);
    return {
      loss: tf.mean(tf.softplus(tf.neg(gap))) as Scalar, // (6)
      over: pairs.count,
      rewards: head!,
    };
  },
};

const adaptive = (params: MadpoParams): Objective => ({
  reads: {
    reference: true,
    ...(params.margin !== 'known'
      ? { frozen: { r: { model: 'reward', read: 'head' } as const } }
      : { margins: true as const }),
  },
  rewardScale: params.beta,
  loss(input) {
    const { pairs, answers } = input;
    const weight = tf.tensor1d(marginsOf(input).map((h) => marginWeight(params, h)));
    const perPair = tf.mul(weight, tf.softplus(pairs.margin(-params.beta))) as Tensor1D; // (5)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(params.beta) };
  },
});

export const madpo = defineMethod({
  id: 'madpo',
  name: 'MADPO',
  chapter: 'pairwise',
  paper: {
    title: 'Margin Adaptive DPO: Leveraging Reward Model for Granular Control in Preference Optimization',
    authors: 'Hyung Gyu Rho',
    year: 2025,
    arxiv: '2510.05342',
    url: 'https://arxiv.org/abs/2510.05342',
  },
  summary:
    'Trains a reward model first and weighs each pair by the margin that it sees: hard pairs get more, doubtful labels less.',
  tex: String.raw`\mathcal{L} = -\frac{\sigma(c(h)\,h)}{\sigma(h)} \log\sigma(\beta z), \quad c(h) = c_{\min} + \frac{c_{\max}-c_{\min}}{1 + k e^{\lambda(|h|-\tau)}}, \quad h = r(y_w) - r(y_l)`,
  notes: [
    'The reward model is the policy’s own trunk with a head at the end of the answer, trained on the same pairs in a pass of its own.',
    'Where labels agree with the reward model the weight is within 0.995 and 1.21 at the defaults: the method needs noisy labels to show anything.',
    'A reward model of this size, trained on some 250 noisy pairs, agrees with the truth on 54 to 59 of 100 unseen ones, and MADPO is then DPO. With the known margin and beta 1 it gained 6 points on DPO with the same beta; its sign gives away which labels are wrong.',
  ],
  kin: { id: 'dpo', change: 'with each pair weighted by a reward model’s margin', axis: 'bar' },
  aims: ['fewer-pairs'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'code' },
    cMax: number({
      label: 'c max',
      help: 'Factor on small margins.',
      min: 1,
      max: 10,
      default: 2,
      from: 'code',
    }),
    cMin: number({
      label: 'c min',
      help: 'Factor on large margins; 1 turns the weights off.',
      min: 0.01,
      max: 1,
      default: 0.5,
      from: 'code',
    }),
    lambda: number({
      label: 'lambda',
      help: 'How steeply the factor falls with the margin.',
      min: 0.01,
      max: 10,
      default: 1,
      from: 'code',
    }),
    tau: number({
      label: 'tau',
      help: 'Margin at which the factor is 1; log 999 is a preference of 99.9 %.',
      min: 0.1,
      max: 20,
      default: 6.906755,
      from: 'code',
    }),
    margin: choice({
      label: 'margin',
      help: 'Whose margin sets the weights: a reward model’s that is trained first on the same pairs, or the one that is known with the data, which noisy labels by a judge’s scores give.',
      options: { model: 'a reward model’s', known: 'the known one' },
      default: 'model',
      from: 'paper',
    }),
  },
  sources: [bestAndWorst],
  passes: (params) => {
    const main: Pass = { id: 'madpo', label: 'MADPO', objective: adaptive(params) };
    if (params.margin === 'known') return [main];
    return [{ id: 'reward', label: 'Reward model', objective: bradleyTerry }, main];
  },
  presets: [
    {
      id: 'noisy-judge',
      name: 'Labels of a noisy judge',
      summary:
        'The paper’s data: labels drawn from scores with Gumbel noise, of which the reward model knows nothing.',
      wrappers: { 'noisy-labels': { noiseKind: 'gumbel', judgeScale: 2 } },
    },
    {
      id: 'known-margin',
      name: 'Noisy labels, margin known',
      summary: 'The same labels, and the judge’s own margin in place of a reward model’s.',
      params: { margin: 'known' },
      wrappers: { 'noisy-labels': { noiseKind: 'gumbel', judgeScale: 2 } },
    },
    {
      id: 'wide',
      name: 'Wider factors',
      summary: 'c from 0.25 to 4: the paper’s ablation.',
      params: { cMax: 4, cMin: 0.25 },
    },
  ],
  defaults: {
    paper: { beta: 0.1, learningRate: 1e-5, batchSize: 32, epochs: 2 },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
