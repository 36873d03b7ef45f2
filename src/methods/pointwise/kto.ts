/**
 * KTO: prospect theory's value function on single answers. A good answer gains by lying above the reference point, a bad one by
 * lying below; the point is an estimate of the divergence from the reference.
 *
 *   z0 = max(0, mean of S over mismatched answers), no gradient                                (1)
 *   L  = w_d (1 - s(beta (S - z0)))   desirable                                                (2)
 *        w_u (1 - s(beta (z0 - S)))   undesirable                                              (3)
 *   mean over the answers that are not mismatched
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference      s  sigmoid
 *   beta strength of the pull to the reference
 *
 * Where we differ: mismatched pairs are fixed over the run instead of drawn anew by batch.
 *
 * Source: Ethayarajh et al. 2024, equation 8; TRL, kto_trainer.py.
 */
import { sampledAnswers } from '../../sources/sampled-answers';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { range } from '../../util/range';
import { detach, nothing, pick } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { number } from '../params';

interface KtoParams {
  beta: number;
  desirableWeight: number;
  undesirableWeight: number;
}

/** KTO's loss, for methods that are made of it. */
export const prospect = ({ beta, desirableWeight, undesirableWeight }: KtoParams): Objective => ({
  reads: { reference: true, mismatched: true, answerLabels: ['desirable'] },
  rewardScale: beta,
  loss({ answers }) {
    const all = range(answers.count);
    const mismatched = answers.labels('mismatched');
    const judged = all.filter((r) => !(mismatched[r]! > 0));
    const rewards = answers.reward(beta);
    if (judged.length === 0) return { loss: nothing(answers.sum), over: 0, rewards };
    const others = all.filter((r) => mismatched[r]! > 0);
    const z0 = others.length > 0 ? tf.relu(tf.mean(detach(pick(answers.logRatio, others)))) : tf.scalar(0); // (1)
    const desirable = answers.labels('desirable');
    const sign = tf.tensor1d(judged.map((r) => (desirable[r]! > 0 ? beta : -beta)));
    const weight = tf.tensor1d(judged.map((r) => (desirable[r]! > 0 ? desirableWeight : undesirableWeight)));
    const gap = tf.mul(sign, tf.sub(pick(answers.logRatio, judged), z0)) as Tensor1D;
    const perAnswer = tf.mul(weight, tf.sigmoid(tf.neg(gap))); // (2), (3): 1 - s(x) = s(-x)
    return {
      loss: tf.mean(perAnswer) as Scalar,
      over: judged.length,
      rewards,
      aux: { kl: z0 as Scalar },
    };
  },
});

export const kto = defineMethod({
  id: 'kto',
  name: 'KTO',
  chapter: 'pointwise',
  paper: {
    title: 'KTO: Model Alignment as Prospect Theoretic Optimization',
    authors: 'Kawin Ethayarajh, Winnie Xu, Niklas Muennighoff, Dan Jurafsky, Douwe Kiela',
    year: 2024,
    arxiv: '2402.01306',
    url: 'https://arxiv.org/abs/2402.01306',
  },
  summary:
    'Learns from single answers marked good or bad, each judged against what the policy does to mismatched answers.',
  tex: String.raw`\mathcal{L} = \lambda_y \big( 1 - \sigma( \pm\beta (S - z_0) ) \big), \quad z_0 = \max\big(0, \overline{S(y_{\text{mismatched}})}\big)`,
  notes: [
    'The baseline comes from the answers to the next prompt, each prompt with as many as it has itself (TRL shifts by one within a batch).',
    'Without mismatched answers the baseline is 0.',
  ],
  kin: { id: 'dpo', change: 'on single answers with a label, against a baseline', axis: 'alone' },
  eats: 'answers',
  params: {
    beta,
    desirableWeight: number({
      label: 'weight of good answers',
      help: 'Raise it where good answers are rare.',
      min: 0,
      max: 10,
      default: 1,
      from: 'paper',
    }),
    undesirableWeight: number({
      label: 'weight of bad answers',
      help: 'Raise it where bad answers are rare.',
      min: 0,
      max: 10,
      default: 1,
      from: 'paper',
    }),
  },
  sources: [sampledAnswers],
  passes: (params) => [{ id: 'kto', label: 'KTO', objective: prospect(params) }],
  presets: [
    {
      id: 'safety',
      name: 'Safe and unsafe answers',
      summary:
        'On guarded sums, where an answer is desirable when it is safe: a refusal of what is forbidden, any answer to the rest.',
      task: 'guard',
      source: { id: 'sampled-answers', params: { desirable: 'safe', samples: 2 } },
      trees: 320,
      steps: 60,
      learningRate: 0.0003,
    },
  ],
  defaults: { paper: { beta: 0.1, learningRate: 5e-7, batchSize: 128 }, learningRate: 1e-4, batchSize: 16 },
});
