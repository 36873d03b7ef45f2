/**
 * DMPO: the constraint is on the occupancy of states and actions, and Bradley-Terry is normalised by length; what remains is DPO
 * with a discount per turn.
 *
 *   phi(t, T) = gamma^t (1 - gamma^(T-t)) / (1 - gamma^T),  (T - t) / T at gamma 1             (1)
 *   z = beta (sum over turns of phi(t, T_w) S_t [w] - sum of phi(t, T_l) S_t [l])              (2)
 *   L = softplus(-z), mean over pairs                                                          (3)
 *
 *   S_t  sum over the tokens of turn t of (l_t - l0_t); what the environment says is not scored
 *   T    turns of that side, t from 0      beta  strength of the pull to the reference
 *
 * Where we differ: nothing; phi as released.
 *
 * Source: Shi et al. 2024, equations 14 to 16; swt-user/DMPO, fastchat/train/dmpo_trainer_efficient.py.
 */
import { expertAndRollout } from '../../sources/expert-and-rollout';
import { judgedAnswers } from '../../sources/judged-answers';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { CoefficientInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { number } from '../params';

/** (1) */
const phi = (gamma: number, t: number, turns: number): number =>
  gamma === 1 ? (turns - t) / turns : (gamma ** t * (1 - gamma ** (turns - t))) / (1 - gamma ** turns);

const turnWeights =
  (gamma: number) =>
  ({ batch: { entries, steps, responses } }: CoefficientInput): Float32Array => {
    const weight = entries.weight.slice();
    for (const { stepStart, stepEnd } of responses) {
      for (let s = stepStart; s < stepEnd; s++) {
        const { entryStart, entryEnd } = steps[s]!;
        weight.fill(phi(gamma, s - stepStart, stepEnd - stepStart), entryStart, entryEnd);
      }
    }
    return weight;
  };

const discounted = ({ beta, gamma }: { beta: number; gamma: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  coefficients: turnWeights(gamma),
  loss({ pairs, answers }) {
    const minusZ = pairs.margin(-beta); // (2) [C]
    return { loss: tf.mean(tf.softplus(minusZ)) as Scalar, over: pairs.count, rewards: answers.reward(beta) }; // (3)
  },
});

export const dmpo = defineMethod({
  id: 'dmpo',
  name: 'DMPO',
  chapter: 'multi-turn',
  paper: {
    title: 'Direct Multi-Turn Preference Optimization for Language Agents',
    authors: 'Wentao Shi, Mengqi Yuan, Junkang Wu, Qifan Wang, Fuli Feng',
    year: 2024,
    arxiv: '2406.14868',
    url: 'https://arxiv.org/abs/2406.14868',
  },
  summary:
    'DPO over several turns: a discount lets early turns count for more, normalised by the length of the trajectory.',
  tex: String.raw`\mathcal{L} = -\log\sigma\Big( \beta \sum_t \phi(t, T_w) S_{t,w} - \beta\sum_t \phi(t, T_l) S_{t,l} \Big), \quad \phi(t,T) = \gamma^t\frac{1-\gamma^{T-t}}{1-\gamma^T}`,
  notes: [
    'phi is that of the released code: the printed equation 16 drops the factor gamma^t.',
    'The noisy setting is the source’s: junk turns at the end of the rejected trajectory. The paper takes long rollouts as they are.',
    'Steps stand for turns where the data have none; of a file’s conversations turns count from where the two part.',
    'What shows, on turns-nano over three seeds at one rate: games won 41 % before, 49 % after, with or without eight junk turns behind the rejected side (difference -1.0 to 1.5 points). What does not: that DPO, which wins as many without, falls with them (by 2 points, -5 to 9).',
  ],
  kin: { id: 'dpo', change: 'with a discount by turn', axis: 'weights' },
  aims: ['blame'],
  eats: 'turns',
  params: {
    beta: { ...beta, from: 'code' },
    gamma: number({
      label: 'gamma',
      help: 'Discount by turn: small ones look at the first turns only, 1 falls off evenly.',
      min: 0.01,
      max: 1,
      default: 0.7,
      from: 'code',
    }),
  },
  sources: [expertAndRollout, judgedAnswers],
  passes: (params) => [{ id: 'dmpo', label: 'DMPO', objective: discounted(params) }],
  presets: [
    {
      id: 'noisy',
      name: 'Noisy',
      summary:
        'Eight junk turns at the end of the rejected trajectory: where DPO forgets how to speak first.',
      source: { id: 'expert-and-rollout', params: { junk: 8 } },
    },
  ],
  defaults: {
    paper: { beta: 0.1, gamma: 0.7, learningRate: 1e-6, batchSize: 32, epochs: 3 },
    learningRate: 2e-4,
    batchSize: 16,
    world: { task: 'turns', steps: 40, evaluation: { every: 20, problems: 300 } },
  },
});
