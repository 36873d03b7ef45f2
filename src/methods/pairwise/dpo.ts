/**
 * Direct Preference Optimization: make the chosen answer more likely than the rejected one, relative to a frozen
 * reference, by the maximum likelihood of the Bradley-Terry model, with no reward model and no sampling in the loop.
 *
 *   S   = sum over the response's tokens of (l_t - l0_t)                                   (1)
 *   z   = beta (S_w - S_l)                                                                 (2)
 *   L   = -(1 - eps) log sigmoid(z) - eps log sigmoid(-z), mean over pairs                 (3)
 *       = softplus(-z) + eps z                                                             (4)
 *
 *   l_t, l0_t  log-prob of token t under policy and reference     w, l  chosen, rejected
 *   beta       strength of the pull to the reference              eps   label smoothing; 0 is the paper's DPO
 *   beta S     the implicit reward
 *
 * With another divergence than the reverse KL the score sc(S) takes the place of S in (2):                        (5)
 *   forward_kl -exp(-S)     js log sigmoid(S)     alpha exp((a - 1) S) / (a - 1), a = 1 being S itself
 *
 * Where we differ: pairs are one right and one wrong answer of the model itself, told apart by the verifier, where the
 * paper has people's preferences. With eps > 0 the loss is the "conservative" DPO of Mitchell's note; (4) is the same
 * number as (3), since softplus(z) = softplus(-z) + z, and needs one softplus instead of two.
 *
 * Source: Rafailov et al. 2023, equation 7 and appendix B; eric-mitchell/direct-preference-optimization, trainers.py.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { logSigmoid } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { choice, number } from '../params';

/** Strength of the pull to the reference, with the help and range that all methods share. */
export const beta = number({
  label: 'beta',
  help: 'How strongly the policy is held to the reference; larger stays closer.',
  min: 0.001,
  max: 10,
  scale: 'log',
  default: 0.1,
  from: 'paper',
});

/** Divergences whose pull to the reference a DPO-like loss may have. */
export const divergences = {
  reverse_kl: 'reverse KL, the paper’s',
  forward_kl: 'forward KL',
  js: 'Jensen-Shannon',
  alpha: 'alpha divergence',
} as const;

export type Divergence = keyof typeof divergences;

/** The largest exponent that f32 holds with room to spare; TRL cuts there too. */
const HIGHEST = 80;

/** (5): the score of a log-ratio under a divergence. */
export const scoreOf = (logRatio: Tensor1D, divergence: Divergence, alpha: number): Tensor1D => {
  if (divergence === 'forward_kl') return tf.neg(tf.exp(tf.minimum(tf.neg(logRatio), HIGHEST)));
  if (divergence === 'js') return logSigmoid(logRatio);
  if (divergence === 'alpha' && Math.abs(alpha - 1) >= 1e-6) {
    return tf.div(tf.exp(tf.minimum(tf.mul(logRatio, alpha - 1), HIGHEST)), alpha - 1);
  }
  return logRatio;
};

interface LogisticParams {
  beta: number;
  labelSmoothing?: number;
  fDivergence?: Divergence;
  fAlpha?: number;
}

/** DPO's loss, which many methods train with on other data, another reference or in another order. */
export const logistic = ({
  beta,
  labelSmoothing = 0,
  fDivergence = 'reverse_kl',
  fAlpha = 1,
}: LogisticParams): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const scored = (logRatio: Tensor1D) => scoreOf(logRatio, fDivergence, fAlpha);
    const minusZ =
      fDivergence === 'reverse_kl'
        ? pairs.margin(-beta) // (2) [C]
        : (tf.mul(tf.sub(scored(pairs.rejected.logRatio), scored(pairs.chosen.logRatio)), beta) as Tensor1D);
    const mistaken: Tensor1D = tf.softplus(minusZ); // (4) [C]
    const perPair = labelSmoothing > 0 ? tf.sub(mistaken, tf.mul(minusZ, labelSmoothing)) : mistaken;
    return {
      loss: tf.mean(perPair) as Scalar,
      over: pairs.count,
      rewards: answers.reward(beta), // beta S, whatever the divergence, as TRL logs it
    };
  },
});

export const dpo = defineMethod({
  id: 'dpo',
  name: 'DPO',
  chapter: 'pairwise',
  paper: {
    title: 'Direct Preference Optimization: Your Language Model is Secretly a Reward Model',
    authors:
      'Rafael Rafailov, Archit Sharma, Eric Mitchell, Stefano Ermon, Christopher D. Manning, Chelsea Finn',
    year: 2023,
    arxiv: '2305.18290',
    url: 'https://arxiv.org/abs/2305.18290',
  },
  summary:
    'Prefers a right answer over a wrong one to the same problem, as whole answers: every token of the one is pushed up, every token of the other down, by the same amount.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \beta \log\frac{\pi_\theta(y_w \mid x)}{\pi_{\mathrm{ref}}(y_w \mid x)} - \beta \log\frac{\pi_\theta(y_l \mid x)}{\pi_{\mathrm{ref}}(y_l \mid x)} \right)`,
  notes: [
    'A pair is one right and one wrong answer of the model itself, told apart by the verifier; an answer with a wrong line counts as wrong even where its final number is right.',
    'The whole answer is scored on both sides, EOS included. Leading lines that both answers share cancel in the margin, but count in the log-probs shown.',
    'Label smoothing above 0 is the conservative DPO of a later note by Eric Mitchell, not of the paper.',
    'Other divergences than the reverse KL are those of Wang et al. 2023 (arXiv 2309.16240), in the form that TRL gives them; the rewards shown stay beta times the log-ratio.',
  ],
  eats: 'pairs',
  params: {
    beta,
    labelSmoothing: number({
      label: 'label smoothing',
      help: 'Share of the pairs assumed to be the wrong way round; 0 is the paper, above 0 conservative DPO.',
      min: 0,
      max: 0.49,
      default: 0,
      from: 'paper',
    }),
    fDivergence: choice({
      label: 'divergence',
      help: 'What the pull to the reference is measured by.',
      options: divergences,
      default: 'reverse_kl',
      from: 'paper',
    }),
    fAlpha: number({
      label: 'alpha of the divergence',
      help: 'Of the alpha divergence only; 1 is the reverse KL.',
      min: 0,
      max: 2,
      default: 0.5,
      from: 'code',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'dpo', label: 'DPO', objective: logistic(params) }],
  presets: [
    {
      id: 'faster',
      name: 'Twice the rate',
      summary: 'Learning rate 1e-4: better in 30 steps, and at the edge; three times that collapses.',
      learningRate: 0.0001,
    },
    {
      id: 'too-far',
      name: 'Too far',
      summary: 'Learning rate 3e-4: the margin grows, chosen answers become less likely, and accuracy falls.',
      learningRate: 0.0003,
    },
    {
      id: 'flipped',
      name: '30 % of the labels flipped',
      summary: 'Three pairs in ten are turned round, and the loss knows nothing of it.',
      wrappers: { 'noisy-labels': { noiseKind: 'flip', flipped: 0.3 } },
      learningRate: 0.0001,
    },
    {
      id: 'conservative',
      name: 'Conservative, 30 % flipped',
      summary: 'The same labels, and label smoothing of that share.',
      params: { labelSmoothing: 0.3 },
      wrappers: { 'noisy-labels': { noiseKind: 'flip', flipped: 0.3 } },
      learningRate: 0.0001,
    },
    {
      id: 'safety-self',
      name: 'Safety from own answers',
      summary:
        'On guarded sums, as in “More is Less”: chosen and rejected are the best and the worst of the model’s own answers.',
      task: 'guard',
      source: { id: 'mixed-writers', params: { writers: 'self' } },
      learningRate: 0.0003,
      trees: 400,
      steps: 40,
    },
    {
      id: 'safety-strong',
      name: 'Safety from a stronger writer',
      summary:
        'On guarded sums, as in “More is Less”: chosen is a stronger writer’s answer, in a style of its own, rejected the model’s.',
      task: 'guard',
      source: { id: 'mixed-writers', params: { writers: 'strong' } },
      learningRate: 0.0003,
      trees: 400,
      steps: 40,
    },
  ],
  defaults: {
    paper: { beta: 0.1, learningRate: 1e-6, batchSize: 64, optimizer: 'RMSprop', warmupSteps: 150 },
    learningRate: 5e-5,
    batchSize: 16,
  },
});
