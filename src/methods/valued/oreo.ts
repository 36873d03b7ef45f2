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
 * Where we differ: one trunk for both, so that the value's gradient reaches the policy's weights; the critic is not updated before the actor.
 *
 * Source: Wang et al. 2024, equations 7 to 9; jwhj/OREO, openrlhf/trainer/pcl_trainer.py.
 */

import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import { sampledAnswers } from '../../sources/sampled-answers';
import { sourceWith } from '../../sources/source';
import type { Scalar, Tensor1D, Tensor2D } from '../../tf';
import { tf } from '../../tf';
import { range } from '../../util/range';
import { detach, pick, withoutHistory } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { choice, number } from '../params';

interface OreoParams {
  beta: number;
  alpha: number;
  level: 'token' | 'step' | 'response';
  part: 'both' | 'policy' | 'value';
}

/** Where one answer's states are: per state the entry that it is before, and the entries of the action from there. */
interface States {
  answer: number;
  /** First entry of each action, and one past its last. */
  actions: (readonly [start: number, end: number])[];
}

const statesOf = ({ batch }: LossInput, level: OreoParams['level']): States[] =>
  batch.responses.map(({ entryStart, entryEnd, stepStart, stepEnd }, answer) => ({
    answer,
    actions:
      level === 'token'
        ? range(entryEnd - entryStart).map((t) => [entryStart + t, entryStart + t + 1] as const)
        : level === 'step'
          ? batch.steps
              .slice(stepStart, stepEnd)
              .filter((step) => step.entryEnd > step.entryStart)
              .map((step) => [step.entryStart, step.entryEnd] as const)
          : [[entryStart, entryEnd] as const].filter(([from, to]) => to > from),
  }));

/** Sum of rho over the entries from each one to the end of its answer, without history. [M] to be read at state starts. */
const ahead = ({ batch: { responses } }: LossInput, rho: Tensor1D): Tensor1D =>
  withoutHistory(rho, (values) => {
    const width = Math.max(1, ...responses.map(({ entryStart, entryEnd }) => entryEnd - entryStart));
    const grid = responses.flatMap(({ entryStart, entryEnd }) =>
      range(width).map((t): [number, number][] => (entryStart + t < entryEnd ? [[entryStart + t, 1]] : [])),
    );
    const byAnswer = tf.reshape(sparseProduct(sparseMatrix(grid, values.size), values), [
      responses.length,
      width,
    ]) as Tensor2D;
    // A product, because tf.cumsum goes by pow(2, i) on WebGPU, which an adapter may round below the power.
    const [row, column] = [
      tf.reshape(tf.range(0, width), [width, 1]),
      tf.reshape(tf.range(0, width), [1, width]),
    ];
    const later = tf.cast(tf.greaterEqual(row, column), 'float32') as Tensor2D;
    const sums = tf.reshape(tf.matMul(byAnswer, later), [-1]) as Tensor1D; // from the end of each answer
    const back = range(values.size).map((): [number, number][] => []);
    responses.forEach(({ entryStart, entryEnd }, r) => {
      for (let m = entryStart; m < entryEnd; m++) back[m]!.push([r * width + m - entryStart, 1]);
    });
    return sparseProduct(sparseMatrix(back, sums.size), sums);
  });

/** Mean of a value per state over the states of each answer, as rows; of answers without a state nothing. */
const meanRows = (states: readonly States[], width: number) => {
  let at = 0;
  const rows = states.map(({ actions }) => {
    const own = actions.map((_, k) => [at + k, 1 / actions.length] as const);
    at += actions.length;
    return own;
  });
  return sparseMatrix(rows, width);
};

interface Residuals {
  states: States[];
  /** V - R + beta (what comes from this state on), with gradient through V alone or through this action's rho alone. */
  value: Tensor1D;
  policy: Tensor1D;
}

const residuals = (input: LossInput, beta: number, level: OreoParams['level']): Residuals => {
  const { tokens, answers, head } = input;
  const states = statesOf(input, level);
  const flat = states.flatMap(({ answer, actions }) =>
    actions.map(([start, end]) => ({ answer, start, end })),
  );
  const rho = tf.sub(tokens.logProb, tokens.refLogProb) as Tensor1D;
  const value = pick(
    head!,
    flat.map(({ start }) => start),
  );
  const reward = pick(
    answers.score,
    flat.map(({ answer }) => answer),
  );
  const onward = pick(
    ahead(input, rho),
    flat.map(({ start }) => start),
  );
  const action = sparseProduct(
    sparseMatrix(
      flat.map(({ start, end }) => range(end - start).map((k) => [start + k, 1] as const)),
      rho.size,
    ),
    rho,
  );
  const base = tf.sub(tf.mul(onward, beta), reward);
  return {
    states,
    value: tf.add(value, base) as Tensor1D, // e of (1)
    // d of (2) has the value of e; action - sg(action) adds nothing but its gradient
    policy: tf.add(tf.add(detach(value), base), tf.mul(tf.sub(action, detach(action)), beta)) as Tensor1D,
  };
};

const consistent = ({ beta, alpha, level, part }: OreoParams): Objective => ({
  reads: {
    reference: true,
    scores: true,
    head: { name: 'value', at: 'state' },
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
    const total = part === 'both' ? tf.add(critic, actor) : part === 'policy' ? actor : critic; // (3)
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
    'The value head shares the policy’s trunk; the paper trains a value model of its own.',
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
  },
  sources: [sourceWith(sampledAnswers, { scoring: 'right' })],
  passes: (params) => [{ id: 'oreo', label: 'OREO', objective: consistent(params) }],
  defaults: {
    paper: { beta: 0.03, alpha: 0.01, learningRate: 5e-6, batchSize: 128 },
    learningRate: 1e-4,
    batchSize: 8,
  },
});
