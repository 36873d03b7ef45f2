/**
 * OREO: offline soft Q-learning. Policy and value together satisfy the soft Bellman equation at every state; in each part the
 * other quantity, and what comes later, is a constant.
 *
 *   value:   e_t = V_t - R + beta sg(sum over i >= t of rho_i);  L_V = mean over t of e_t^2    (1)
 *   policy:  d_t = sg(V_t) - R + beta rho_t + sg(beta sum over i > t of rho_i)
 *            L_P = mean over t of d_t^2 + alpha mean over t of KL_t                            (2)
 *   level token: t over tokens; step: over steps, rho_k summed over the step, KL the mean over tokens
 *   level response: (2) at t = 0 alone, with rho summed over the answer; (1) over all tokens
 *   L = L_V + L_P (part), mean over answers                                                    (3)
 *
 *   rho_t  l_t - l0_t, log-probs of policy and reference     R  score of the answer     V_t  value of the state before token t
 *   KL_t   exact divergence of policy from reference at that state     beta  strength of the pull to the reference
 *
 * Two passes: the critic alone on L_V (4), then L_V + L_P from there, both against the start. V has a trunk of its own, a second copy of
 * the model; where it shares the policy's instead, (4) has KL beside it, which holds the policy while the critic is warmed.
 *
 * Where we differ: the critic is warmed, at a rate of its own, and not updated before the actor.
 *
 * Source: Wang et al. 2024, equations 7 to 9; jwhj/OREO, openrlhf/trainer/pcl_trainer.py.
 */

import { sparseProduct } from '../../kernels/sparse-product';
import { sampledAnswers } from '../../sources/sampled-answers';
import { sourceWith } from '../../sources/source';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import type { Level, States } from '../bellman-residuals';
import { meanRows, residuals } from '../bellman-residuals';
import { guided, guideOf } from '../guided';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { choice, number } from '../params';
import type { Pass } from '../pass';

interface OreoParams {
  beta: number;
  alpha: number;
  level: Level;
  part: 'both' | 'policy' | 'value';
  trunk: 'own' | 'shared';
}

/** What an objective of OREO is made of. */
interface Parts extends OreoParams {
  /** Weight of the divergence beside the value alone: holds a policy whose trunk the critic shares. */
  hold?: number;
}

const consistent = ({ beta, alpha, level, part, trunk, hold = 0 }: Parts): Objective => ({
  reads: {
    reference: true,
    scores: true,
    head: { name: 'value', at: 'state', ...(trunk === 'own' && { trunk }) },
    kl: 'policy||reference',
  },
  rewardScale: beta,
  loss(input) {
    const { answers, tokens, kl } = input;
    const meanSquare = (states: readonly States[], e: Tensor1D) =>
      tf.sum(sparseProduct(meanRows(states, e.size), tf.square(e) as Tensor1D));
    const policy = residuals(input, beta, level);
    const value = level === 'response' ? residuals(input, beta, 'token') : policy;
    const divergence = tf.sum(tf.div(tokens.sumPerAnswer(kl!), tf.maximum(answers.length, 1)));
    const actor = tf.add(meanSquare(policy.states, policy.policy), tf.mul(divergence, alpha)); // (2)
    const critic = meanSquare(value.states, value.value); // (1)
    const held = tf.add(critic, tf.mul(divergence, hold)); // (4)
    const total = part === 'both' ? tf.add(critic, actor) : part === 'policy' ? actor : held; // (3)
    return {
      loss: tf.div(total, answers.count) as Scalar,
      over: answers.count,
      rewards: answers.reward(beta),
      aux: {
        'loss/value': tf.div(critic, answers.count) as Scalar,
        kl: tf.div(divergence, answers.count) as Scalar,
      },
    };
  },
});

export const oreo = defineMethod({
  id: 'oreo',
  name: 'OREO',
  chapter: 'valued',
  paper: {
    title: 'Offline Reinforcement Learning for LLM Multi-Step Reasoning',
    authors: 'Huaijie Wang, Shibo Hao, Hanze Dong, Shenao Zhang, Yilin Bao, Ziran Yang, Yi Wu',
    year: 2024,
    arxiv: '2412.16145',
    url: 'https://arxiv.org/abs/2412.16145',
  },
  summary:
    'Learns from single answers with a reward: a value of every state and the policy are made to agree token by token.',
  tex: String.raw`\mathcal{L}_V = \frac1T\sum_t e_t^2, \quad \mathcal{L}_\pi = \frac1T\sum_t e_t^2 + \frac{\alpha}{T}\sum_t \mathrm{KL}_t, \quad e_t = V(s_t) - R + \beta\sum_{i \ge t}\rho_i`,
  notes: [
    'The value is a model of its own, as large as the policy, as in the paper; beside an adapter a second adapter. On the policy’s own trunk instead, the divergence holds the policy while the value is trained alone.',
    'The value is trained alone first, longer than the policy and at a higher rate (ours; the code gives a critic of low rank twenty times the policy’s): beta is so small that the policy learns little before the value says what an answer is worth.',
    'Guided decoding keeps the beginnings that the value likes best; it is measured with the trained policy and with the one that the run began with.',
    'What shows at this size, over three seeds: 54.0 right answers in 100 become 66.2 (gain 3 to 22; DPO 68.8). The value knows: on held-out answers it tells right steps from wrong ones (AUC 0.68), and before the policy is trained decoding by it solves 63.3 where greedy answers solve 54.0 (gain 0 to 19). Trained only as long and at the rate of the policy it was a coin (0.34 to 0.51).',
    'What does not: beside the trained policy decoding by the value (63.3) adds nothing to greedy answers (66.2). With a shared trunk the same rate unlearns the task (4.0), and a tenth of it gains 2.5 (one seed).',
    'At the response level only the policy part is confined to the first state, as in the code.',
  ],
  kin: { id: 'dpo', change: 'at every token, against a value, without pairs', axis: 'value' },
  aims: ['blame'],
  eats: 'answers',
  params: {
    beta: { ...beta, default: 0.03 },
    alpha: number({
      label: 'alpha',
      help: 'Weight of the exact divergence from the reference.',
      min: 0,
      max: 10,
      default: 0.01,
      from: 'paper',
    }),
    level: choice({
      label: 'states',
      help: 'At which states policy and value are made to agree.',
      options: {
        token: 'every token',
        step: 'the start of every step',
        response: 'the first state alone, for the policy',
      },
      default: 'token',
      from: 'paper',
    }),
    part: choice({
      label: 'what is trained',
      help: 'Policy and value together, or one of them.',
      options: { both: 'both', policy: 'the policy', value: 'the value' },
      default: 'both',
      from: 'paper',
    }),
    trunk: choice({
      label: 'trunk of the value',
      help: 'The value is a model of its own beside the policy, as large as it; or a head on the policy’s own states.',
      options: { own: 'its own', shared: 'the policy’s' },
      default: 'own',
      absent: 'shared',
      from: 'paper',
    }),
    warmup: number({
      label: 'warm-up of the critic',
      help: 'Steps in which the value is learned alone, for each step of the run’s; 0 is none.',
      min: 0,
      max: 10,
      default: 4,
      absent: 1,
      from: 'ours',
    }),
    criticRate: number({
      label: 'learning rate of the critic',
      help: 'While a value with a trunk of its own is learned alone: it begins at 0 and has far to go. 0 is the run’s.',
      min: 0,
      max: 0.1,
      default: 1e-3,
      absent: 0,
      from: 'ours',
    }),
    ...guided,
  },
  sources: [sourceWith(sampledAnswers, { scoring: 'right' })],
  passes: (params) => {
    const main: Pass = { id: 'oreo', label: 'OREO', objective: consistent(params) };
    if (params.warmup === 0) return [main];
    const shared = params.trunk === 'shared';
    const critic: Pass = {
      id: 'critic',
      label: 'Critic',
      objective: consistent({ ...params, level: 'token', part: 'value', hold: shared ? 1 : 0 }), // (4)
      share: params.warmup,
      ...(params.criticRate > 0 && !shared && { learningRate: params.criticRate }),
    };
    return [critic, { ...main, from: 'critic' }];
  },
  guides: guideOf,
  defaults: {
    paper: { beta: 0.03, alpha: 0.01, learningRate: 5e-6, batchSize: 128 },
    learningRate: 2e-4,
    batchSize: 8,
  },
});
