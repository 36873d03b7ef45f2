/**
 * Full-Step-DPO: a surrogate with DPO's gradient, weighted by token: by its step's reward and how far the policy has come.
 *
 *   u+_t = s(-c rho_t),  u-_t = s(c rho_t)                                                     (1)
 *   v+_t = n softmax_t(tau w_t),  v-_t = n softmax_t(-tau w_t), over the answer's tokens       (2)
 *   P_i  = (sum of l_t u+_t v+_t) / n_i,  Q_j = (sum of l_t u-_t v-_t) / n_j                   (3)
 *   g_ij = s(beta (S_j - S_i))                                                                 (4)
 *   L    = mean over the pairs of a prompt with R_i > R_j of -g_ij (P_i - Q_j); mean over prompts that have one  (5)
 *   u, v and g have no gradient
 *   reward model:  -(m log s(f) + (1 - m) log(1 - s(f))), mean over steps                       (6)
 *
 *   rho_t  l_t - l0_t, log-probs of policy and reference     S  their sum over an answer      s  sigmoid
 *   w_t    reward of the step that token t is in             R  score of an answer            n  scored tokens
 *   f      the head at a step's end       m  share of rollouts from there that reach the right result; then w = s(f)
 *
 * Where we differ: an answer whose rewards are all 0 has even weights, where the code divides by 0. No code of the reward model was
 * released: that it shares its shape with the policy, and is trained from the policy's weights on (6), is our reading.
 *
 * Source: Xu et al. 2025, section 3; Anna7355/Full-Step-DPO, StepRunners.py.
 */
import { rolledOutSteps } from '../../sources/rolled-out-steps';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { range } from '../../util/range';
import { areaUnderCurve, shareRight } from '../agreement';
import { detach, nothing, pick } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { choice, number } from '../params';
import type { Pass } from '../pass';

interface FullStepParams {
  beta: number;
  c: number;
  tau: number;
  rewards: 'model' | 'rollouts' | 'verifier';
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** w of each step: the reward model's where there is one, else a label. */
const rewardsOf = ({ constants, steps }: LossInput, label: string): ArrayLike<number> => {
  const model = constants['prm']?.host;
  return model ? Array.from(model, sigmoid) : steps.labels(label);
};

/** (2) for one sign, divided by n as in (3): softmax over each answer's tokens of sign * tau * reward. Constant. */
const stepShares = ({ batch, tokens }: LossInput, reward: ArrayLike<number>, tau: number): Tensor1D => {
  const share = new Float32Array(tokens.count);
  for (const { entryStart, entryEnd } of batch.responses) {
    const logits = range(entryEnd - entryStart).map((t) => tau * reward[tokens.stepOf[entryStart + t]!]!);
    const top = Math.max(...logits);
    const total = logits.reduce((sum, x) => sum + Math.exp(x - top), 0);
    logits.forEach((x, t) => {
      share[entryStart + t] = Math.exp(x - top) / total;
    });
  }
  return tf.tensor1d(share);
};

/** Ordered pairs of each prompt, and the weight that makes a mean over pairs and then over prompts. */
const orderedPairs = ({ batch, lists }: LossInput) => {
  const score = (r: number) => batch.responses[r]!.score!;
  const perPrompt = lists.items.map((own) =>
    own.flatMap((i) => own.flatMap((j) => (score(i) > score(j) ? [{ i, j }] : []))),
  );
  const prompts = perPrompt.filter((pairs) => pairs.length > 0);
  const pairs = prompts.flatMap((own) =>
    own.map((pair) => ({ ...pair, weight: 1 / own.length / prompts.length })),
  );
  return { pairs, prompts: prompts.length };
};

/** The label that stands for each kind of reward, and what the objective reads for it. */
const readings = {
  model: { label: 'reward', reads: { frozen: { prm: { model: 'prm', read: 'head', label: 'reward' } } } },
  rollouts: { label: 'value', reads: { stepLabels: ['value'] } },
  verifier: { label: 'reward', reads: { stepLabels: ['reward'] } },
} as const;

const surrogate = ({ beta, c, tau, rewards: kind }: FullStepParams): Objective => ({
  reads: { reference: true, scores: true, ...readings[kind].reads },
  rewardScale: beta,
  loss(input) {
    const { tokens, answers } = input;
    const rewards = answers.reward(beta);
    const { pairs, prompts } = orderedPairs(input);
    if (prompts === 0) return { loss: nothing(answers.sum), over: 0, rewards };
    const reward = rewardsOf(input, readings[kind].label);
    const rho = detach(tf.sub(tokens.logProb, tokens.refLogProb));
    const up = tf.sigmoid(tf.mul(rho, -c)); // (1)
    const down = tf.sigmoid(tf.mul(rho, c));
    const side = (u: Tensor1D, share: Tensor1D) =>
      tokens.sumPerAnswer(tf.mul(tokens.logProb, tf.mul(u, share)) as Tensor1D); // (3) [P]
    const p = pick(
      side(up as Tensor1D, stepShares(input, reward, tau)),
      pairs.map(({ i }) => i),
    ); // P_i
    const q = pick(
      side(down as Tensor1D, stepShares(input, reward, -tau)),
      pairs.map(({ j }) => j),
    ); // Q_j
    const s = detach(answers.logRatio);
    const gap = tf.sub(
      pick(
        s,
        pairs.map(({ j }) => j),
      ),
      pick(
        s,
        pairs.map(({ i }) => i),
      ),
    );
    const gate = tf.sigmoid(tf.mul(gap, beta)); // (4)
    const weight = tf.tensor1d(pairs.map((pair) => pair.weight));
    const loss = tf.neg(tf.sum(tf.mul(tf.mul(weight, gate), tf.sub(p, q)))) as Scalar; // (5)
    return { loss, over: prompts, rewards };
  },
});

/** (6): a head at the end of each step learns how often the model gets home from there. */
const stepValues: Objective = {
  reads: { head: { name: 'value', at: 'step' }, stepLabels: ['value'] },
  loss({ steps, head }) {
    const f = head!;
    const m = steps.label('value');
    const sound = steps.labels('q');
    const each = tf.add(tf.mul(m, tf.softplus(tf.neg(f))), tf.mul(tf.sub(1, m), tf.softplus(f)));
    return {
      loss: tf.mean(each) as Scalar, // (6)
      over: steps.count,
      aux: { prm_accuracy: shareRight(f, sound), prm_auc: areaUnderCurve(f, sound) },
    };
  },
};

export const fullStepDpo = defineMethod({
  id: 'full-step-dpo',
  name: 'Full-Step-DPO',
  chapter: 'stepwise',
  paper: {
    title:
      'Full-Step-DPO: Self-Supervised Preference Optimization with Step-wise Rewards for Mathematical Reasoning',
    authors: 'Huimin Xu, Xin Mao, Feng-Lin Li, Xiaobao Wu, Wang Chen, Wei Zhang, Anh Tuan Luu',
    year: 2025,
    arxiv: '2502.14356',
    url: 'https://arxiv.org/abs/2502.14356',
  },
  summary:
    'Every step of every answer has a reward: in right answers the good steps are pushed up, in wrong ones the bad steps down.',
  tex: String.raw`\nabla\mathcal{L} = -\sum_{R_i > R_j} g_{ij} \Big( \tfrac1{n_i}\sum_t u^+_t v^+_t \nabla\ell_t - \tfrac1{n_j}\sum_t u^-_t v^-_t \nabla\ell_t \Big)`,
  notes: [
    'The value is that of the released code: no likelihood, and no curve to read.',
    'The reward model is the policy’s own shape with a head at the end of each step, trained in a pass of its own on rollouts; `prm_auc` and `prm_accuracy` hold it against the verifier’s word on the same steps, before it learns from them, and are 0.5 where a batch has only right or only wrong ones. At the end of that pass the same is measured on held-out answers, with intervals: an AUC of 0.64 over three seeds (0.61 to 0.67); its sign is right on 39 steps in 100, since few rollouts of this model end right and it says “no” to nearly all. The rollouts are not what is wrong: their shares alone tell right steps from wrong ones at an AUC of 0.96. The model learns little from them in so few steps: from the verifier’s own labels it comes to 0.62 as well. Four times as long at 1e-3 these give 0.76, rollouts still 0.60 (one seed): a share says also how hard the rest is, likely the easier thing to learn.',
    'The rewards of the verifier are the upper bound of what a reward model can be, and those of the rollouts leave the model out; either trains in one pass.',
    'A reward of 0 is a reward here; the code takes it for padding.',
    'At this size it learns as well as DPO at twice the rate, and the kind of reward makes no difference that three runs could show.',
  ],
  kin: { id: 'dpo', change: 'with a weight for every step by its reward', axis: 'weights' },
  aims: ['blame'],
  eats: 'steps',
  params: {
    beta: {
      ...beta,
      help: 'Scale of the gate; it does not scale the gradient itself.',
      default: 0.05,
      from: 'code',
    },
    c: number({
      label: 'c',
      help: 'How soon a token that has moved gets less weight.',
      min: 0,
      max: 20,
      default: 1,
      from: 'code',
    }),
    tau: number({
      label: 'tau',
      help: 'How far the weight follows the steps’ rewards; 0 weighs all alike.',
      min: 0,
      max: 50,
      default: 0.5,
      from: 'code',
    }),
    rewards: choice({
      label: 'rewards of steps',
      help: 'What a step’s reward is: what a model says that has learned from rollouts, the rollouts’ own share, or the verifier’s word.',
      options: {
        model: 'a reward model’s',
        rollouts: 'the share of rollouts that end right',
        verifier: 'the verifier’s, the upper bound',
      },
      default: 'model',
      from: 'paper',
    }),
  },
  sources: [rolledOutSteps],
  passes: (params) => {
    const main: Pass = { id: 'full-step-dpo', label: 'Full-Step-DPO', objective: surrogate(params) };
    if (params.rewards !== 'model') return [main];
    return [{ id: 'prm', label: 'Process reward model', objective: stepValues }, main];
  },
  presets: [
    {
      id: 'oracle',
      name: 'The verifier’s rewards',
      summary: 'No reward model: the upper bound of what one can be.',
      params: { rewards: 'verifier' },
    },
    {
      id: 'rollouts',
      name: 'The rollouts’ own rewards',
      summary: 'No reward model: the share of rollouts that end right, as it is.',
      params: { rewards: 'rollouts' },
    },
    {
      id: 'uniform',
      name: 'Uniform steps',
      summary: 'tau 0: every step of an answer weighs alike.',
      params: { tau: 0, rewards: 'verifier' },
    },
  ],
  defaults: {
    paper: { beta: 0.05, learningRate: 5e-7, batchSize: 8, warmupSteps: 50 },
    learningRate: 2e-4,
    batchSize: 8,
  },
});
