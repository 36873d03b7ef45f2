/**
 * DRO: single answers with a score. Where the policy is optimal, score, value of the prompt and log-ratio balance; policy and
 * value learn to make them, by least squares.
 *
 *   L = (R - V(x) - beta S)^2 / 2, mean over answers                                           (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     R  score of the answer
 *   V(x) value of the state before the first token      beta  strength of the pull to the reference (the paper's tau)
 *
 * Where we differ: the value is a head on the policy's own trunk, and both learn from the one loss, where the paper has two
 * networks and rescales the policy's part. An answer without tokens has no state and is left out.
 *
 * Source: Richemond et al. 2024; our reading (DRO-V).
 */
import { sampledAnswers } from '../../sources/sampled-answers';
import { sourceWith } from '../../sources/source';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { nothing, pick } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';

const balanced = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true, scores: true, head: { name: 'value', at: 'state' } },
  rewardScale: beta,
  loss({ batch, answers, head }) {
    const rewards = answers.reward(beta); // [P]
    const used = batch.responses.flatMap(({ entryStart, entryEnd }, r) => (entryEnd > entryStart ? [r] : []));
    if (used.length === 0) return { loss: nothing(answers.sum), over: 0, rewards };
    const value = pick(
      head!,
      used.map((r) => batch.responses[r]!.entryStart),
    );
    const expected = tf.add(value, pick(rewards, used));
    const residual = tf.sub(pick(answers.score, used), expected) as Tensor1D;
    return {
      loss: tf.mul(tf.mean(tf.square(residual)), 0.5) as Scalar, // (1)
      over: used.length,
      rewards,
      aux: { value: tf.mean(value) as Scalar },
    };
  },
});

export const dro = defineMethod({
  id: 'dro',
  name: 'DRO',
  chapter: 'valued',
  paper: {
    title: 'Offline Regularised Reinforcement Learning for Large Language Models Alignment',
    authors:
      'Pierre Harvey Richemond, Yunhao Tang, Daniel Guo, Daniele Calandriello, Mohammad Gheshlaghi Azar, Rafael Rafailov, Bernardo Avila Pires, Eugene Tarassov, Lucas Spangher, Will Ellsworth, Aliaksei Severyn, Jonathan Mallinson, Lior Shani, Gil Shamir, Rishabh Joshi, Tianqi Liu, Rémi Munos, Bilal Piot',
    year: 2024,
    arxiv: '2405.19107',
    url: 'https://arxiv.org/abs/2405.19107',
  },
  summary:
    'Learns from single scored answers: the score is split into a value of the prompt and what the answer adds.',
  tex: String.raw`\mathcal{L} = \tfrac12 \Big( R - V(x) - \beta \log\frac{\pi_\theta(y \mid x)}{\pi_{\mathrm{ref}}(y \mid x)} \Big)^2`,
  notes: [
    'The formula was not checked against the paper’s text.',
    'The value head shares the policy’s trunk; the paper trains a value network of its own and scales the policy’s gradient.',
  ],
  kin: { id: 'oreo', change: 'on whole answers, with a value of the prompt alone', axis: 'value' },
  eats: 'answers',
  params: {
    beta: { ...beta, default: 0.1, from: 'ours' },
  },
  sources: [sourceWith(sampledAnswers, { scoring: 'right' })],
  passes: (params) => [{ id: 'dro', label: 'DRO', objective: balanced(params) }],
  defaults: { paper: {}, learningRate: 1e-4, batchSize: 8 },
});
