/**
 * Accelerated preference optimisation (Nesterov) on a bandit: rounds of DPO, each followed by a step further along its own
 * change.
 *
 *   hat_{t+1}   minimises the population loss of DPO with reference pi_t; in logits theta_t + r / beta      (1)
 *   theta_{t+1} = hat_{t+1} + alpha (hat_{t+1} - hat_t),  hat_0 = theta_0                                   (2)
 *   the output of round t is hat_t                                                                          (3)
 *   suboptimality: max r - E_pi r
 *
 * Source: He, Yuan and Gu 2024.
 */
import { number } from '../methods/params';
import { meanInterval } from '../util/mean-interval';
import { createRng } from '../util/rng';
import { defineLab, type LabSeries } from './lab';
import { sigmoid, softmax } from './maths';

/**
 * (1) by gradient descent from the reference: every comparison of two actions falls by Bradley-Terry's probability.
 * @param steps of descent; 0 takes the closed form
 */
export const solveRound = (
  theta: Float64Array,
  rewards: readonly number[],
  beta: number,
  steps: number,
): Float64Array => {
  const count = rewards.length;
  if (steps === 0) return theta.map((x, i) => x + rewards[i]! / beta);
  const change = new Float64Array(count); // theta - reference
  // The loss is a mean over count (count - 1) / 2 pairs, and curves at most by beta^2 / 4 times 2 / (count - 1).
  const rate = (2 * (count - 1)) / beta ** 2;
  const pairs = (count * (count - 1)) / 2;
  const gradient = new Float64Array(count);
  for (let s = 0; s < steps; s++) {
    gradient.fill(0);
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++) {
        const wins = sigmoid(rewards[a]! - rewards[b]!);
        const slope = (beta * (sigmoid(beta * (change[a]! - change[b]!)) - wins)) / pairs;
        gradient[a]! += slope;
        gradient[b]! -= slope;
      }
    }
    for (let a = 0; a < count; a++) change[a]! -= rate * gradient[a]!;
  }
  return theta.map((x, i) => x + change[i]!);
};

/** The outputs (3) of rounds 0, 1, ... @param rewardsOf of each round, as its labels show them */
export const runRounds = (
  rewardsOf: (round: number) => readonly number[],
  count: number,
  { alpha, beta, rounds, steps }: { alpha: number; beta: number; rounds: number; steps: number },
): Float64Array[] => {
  let hat: Float64Array = new Float64Array(count);
  let theta = hat;
  const outputs = [hat];
  for (let t = 0; t < rounds; t++) {
    const next = solveRound(theta, rewardsOf(t), beta, steps);
    const before = hat;
    theta = next.map((x, i) => x + alpha * (x - before[i]!)); // (2)
    hat = next;
    outputs.push(hat);
  }
  return outputs;
};

const short = (alpha: number) => `alpha ${alpha}`;

export const momentum = defineLab({
  id: 'momentum',
  name: 'Rounds with momentum',
  paper: {
    title: 'Accelerated Preference Optimization for Large Language Model Alignment',
    year: 2024,
    arxiv: '2410.06293',
  },
  summary:
    'A bandit, trained in rounds of DPO whose reference is the round before. How much faster does it get when every round is carried a little further along its own change?',
  notes: [
    'Adding in logits is exact here; for a language model the step is taken in its weights.',
    'Rewards are drawn from the seed. Noise is ours: it is added to the rewards that a round’s labels are drawn by, anew in each round.',
  ],
  params: {
    alpha: number({
      label: 'alpha',
      help: 'How far a round is carried on along its own change.',
      min: 0,
      max: 0.9,
      default: 0.3,
      from: 'paper',
    }),
    beta: number({
      label: 'beta',
      help: 'Strength of the pull to the reference.',
      min: 0.1,
      max: 10,
      scale: 'log',
      default: 1,
      from: 'paper',
    }),
    rounds: number({
      label: 'rounds',
      help: 'Rounds of DPO.',
      min: 1,
      max: 60,
      integer: true,
      default: 12,
      from: 'ours',
    }),
    actions: number({
      label: 'actions',
      help: 'Arms of the bandit.',
      min: 2,
      max: 20,
      integer: true,
      default: 3,
      from: 'ours',
    }),
    noise: number({
      label: 'noise',
      help: 'Standard deviation of what each round’s labels add to the rewards.',
      min: 0,
      max: 5,
      default: 0,
      from: 'ours',
    }),
    steps: number({
      label: 'steps',
      help: 'Steps of gradient descent in a round; 0 takes the closed form.',
      min: 0,
      max: 2000,
      integer: true,
      default: 200,
      from: 'ours',
    }),
    seeds: number({
      label: 'seeds',
      help: 'Bandits with other rewards and noise.',
      min: 1,
      max: 50,
      integer: true,
      default: 5,
      from: 'ours',
    }),
  },
  async run({ alpha, beta, rounds, actions, noise, steps, seeds }, { seed, tick }) {
    const alphas = [...new Set([0, alpha, Math.min(0.9, 2 * alpha)])];
    /** Suboptimality by alpha, seed, round. */
    const gaps = alphas.map(() => [] as number[][]);
    let farthest = 0;
    for (let s = 0; s < seeds; s++) {
      const rng = createRng(seed + s);
      const spread = rng.fork('rewards');
      // At least 0.2 apart, so that there is one best arm.
      const rewards = spread.shuffle(
        Array.from({ length: actions }, (_, i) => -i * 0.2 - 0.6 * spread.next()),
      );
      const best = Math.max(...rewards);
      const noisy = Array.from({ length: rounds }, (_, t) => {
        const own = rng.fork(`noise of round ${t}`);
        return rewards.map((r) => r + noise * own.normal());
      });
      alphas.forEach((own, k) => {
        const run = runRounds((t) => noisy[t]!, actions, { alpha: own, beta, rounds, steps });
        gaps[k]!.push(
          run.map((theta) => softmax(theta).reduce((sum, p, i) => sum + p * (best - rewards[i]!), 0)),
        );
        if (steps > 0 && noise === 0) {
          const exact = runRounds((t) => noisy[t]!, actions, { alpha: own, beta, rounds, steps: 0 }).at(-1)!;
          const end = run.at(-1)!;
          const apart = (i: number) => end[i]! - end[0]! - (exact[i]! - exact[0]!);
          farthest = Math.max(farthest, ...rewards.map((_, i) => Math.abs(apart(i))));
        }
      });
      await tick(s + 1, seeds);
    }
    const x = Array.from({ length: rounds + 1 }, (_, t) => t);
    const logs = gaps.map((runs) => runs.map((run) => run.map((gap) => Math.log(Math.max(gap, 1e-300)))));
    const slopes = logs.map((runs) =>
      meanInterval(runs.map((run) => (rounds > 1 ? run.at(-1)! - run.at(-2)! : run[1]! - run[0]!))),
    );
    const ratio = (k: number) => slopes[k]!.mean / slopes[0]!.mean;
    const series = alphas.map((own, k): LabSeries => {
      const columns = x.map((_, t) => meanInterval(logs[k]!.map((run) => run[t]!)));
      return {
        label: short(own),
        x,
        y: columns.map(({ mean }) => Math.exp(mean)),
        ...(seeds > 1 && {
          low: columns.map(({ low }) => Math.exp(low)),
          high: columns.map(({ high }) => Math.exp(high)),
        }),
      };
    });
    const steeper = alphas
      .slice(1)
      .map(
        (own, i) =>
          `${short(own)} falls ${ratio(i + 1).toFixed(2)} times as steeply (theory, in the long run: ${(1 / (1 - own)).toFixed(2)})`,
      );
    return {
      says: [
        noise > 0
          ? `With noisy rounds, after ${rounds} of them: ${alphas.map((own, k) => `${short(own)} is ${series[k]!.y.at(-1)!.toPrecision(2)} below the best arm`).join(', ')}.`
          : `Against alpha 0, in the last round: ${steeper.join('; ')}.`,
        ...(steps > 0 && noise === 0
          ? [`Descent and closed form differ by at most ${farthest.toExponential(1)} nats.`]
          : []),
      ],
      numbers: {
        ...Object.fromEntries(
          alphas.flatMap((own, k) => [
            [`suboptimality/alpha ${own}`, series[k]!.y.at(-1)!],
            [`slope/alpha ${own}`, slopes[k]!.mean],
          ]),
        ),
        ...(noise === 0 && { 'distance from the closed form': farthest }),
      },
      figures: [
        {
          id: 'suboptimality',
          title: 'What is left to win',
          xAxis: 'round',
          yAxis: 'reward below the best arm',
          log: true,
          series,
          sentence: `Reward below the best arm, geometric mean of ${seeds} bandits: ${series.map(({ label, y }) => `${label} ${y.at(-1)!.toPrecision(2)}`).join(', ')} after ${rounds} rounds.`,
        },
      ],
    };
  },
});
