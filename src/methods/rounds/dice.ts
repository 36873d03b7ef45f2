/**
 * DICE: bootstrapping with implicit rewards. DPO leaves behind a reward of its own: what the policy has gained on the model that it
 * was trained against. That reward labels the policy's next answers, and DPO goes on with them, without a judge.
 *
 *   r_t(x, y) = beta (log pi_t(y | x) - log pi_(t-1)(y | x))                                   (1)
 *   y_w, y_l  = argmax, argmin over answers of r_t - alpha |y|;  alpha makes their lengths alike   (2)
 *   pi_(t+1)  = DPO from pi_t, against pi_t, on a share gamma of the first pairs and 1 - gamma of (2)  (3)
 *
 *   pi_0  the start      pi_1  DPO on judged pairs      alpha  price of a token, by search      gamma  share of replay
 *
 * Where we differ: lengths are in tokens where the code counts characters; pairs that are replayed and new ones share no prompt; a
 * prompt needs a quarter of its answers usable and different where the code wants half of sixteen.
 *
 * Source: Chen et al. 2024, section 4; sail-sg/dice, scripts/run_dice/pipeline.sh, scripts/data_script.
 */

import { lengthGaps } from '../../search/length-penalty';
import { implicitRewards } from '../../sources/implicit-rewards';
import { rightAndWrong } from '../../sources/right-and-wrong';
import { sampling } from '../../sources/sampling';
import { sourceWith } from '../../sources/source';
import { range } from '../../util/range';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';
import { choice, number } from '../params';
import type { Pass } from '../pass';

const JUDGED = 'dpo';

const bootstrapped = (k: number) => (k === 0 ? JUDGED : `dice-${k}`);

export const dice = defineMethod({
  id: 'dice',
  name: 'DICE',
  chapter: 'rounds',
  paper: {
    title: 'Bootstrapping Language Models with DPO Implicit Rewards',
    authors:
      'Changyu Chen, Zichen Liu, Chao Du, Tianyu Pang, Qian Liu, Arunesh Sinha, Pradeep Varakantham, Min Lin',
    year: 2024,
    arxiv: '2406.09760',
    url: 'https://arxiv.org/abs/2406.09760',
  },
  summary:
    'After a round of DPO the model labels its own new answers by what it has gained on the model before, and is trained on them.',
  tex: String.raw`r_t(y) = \beta\log\frac{\pi_t(y \mid x)}{\pi_{t-1}(y \mid x)}, \qquad y_w, y_l = \arg\max_y, \arg\min_y \; r_t(y) - \alpha\,|y|`,
  notes: [
    'Every pass takes all steps of the run: one of DPO on judged pairs, and one for each bootstrapped round.',
    'The price of a token is the last of a thousand steps before the lengths grow apart again; the code has no beta in the reward and takes the mean difference.',
    'What to look at is how often the implicit reward agrees with the verifier on the policy’s new answers. It stands beside each round: near one half the labels are noise.',
    'Of chained arithmetic, over three seeds: DPO on judged pairs comes from 54.0 right answers in 100 to 68.8, the first bootstrapped round to 71.7, and the second back to 54.0 (49.0, 50.0, 63.0). Labels of its own do not help at this size; in a trial without replay the damage was twice as large.',
    'Of a file the prompts are answered: nothing here needs a judge. The replayed rows and the prompts answered are kept apart.',
  ],
  kin: { id: 'dpo', change: 'in rounds that its own implicit reward labels', axis: 'again' },
  eats: 'pairs',
  params: {
    beta,
    rounds: number({
      label: 'bootstrapped rounds',
      help: 'Rounds on the model’s own labels after the first one on judged pairs; 0 is DPO.',
      min: 0,
      max: 6,
      integer: true,
      default: 2,
      from: 'paper',
    }),
    replay: number({
      label: 'replay',
      help: 'Share of the first round’s pairs among those of a bootstrapped round.',
      min: 0,
      max: 0.95,
      default: 0.5,
      from: 'code',
    }),
    samples: {
      ...sampling.samples,
      help: 'Answers to each prompt in a bootstrapped round; the paper samples 16.',
      min: 2,
      default: 8,
    },
    temperature: {
      ...sampling.temperature,
      help: 'Temperature of these answers.',
      default: 0.9,
      from: 'code',
    },
    topP: { ...sampling.topP, from: 'code' },
    lengths: choice({
      label: 'price of a token',
      help: 'What the search for the price of a token makes small; none leaves lengths alone.',
      options: { ...lengthGaps, none: 'no price' },
      default: 'absolute',
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: ({ beta, rounds, replay, ...drawn }) => {
    const objective = logistic({ beta });
    const rest = range(rounds).map((i): Pass => {
      const last = bootstrapped(i);
      const before = i === 0 ? 'start' : bootstrapped(i - 1);
      return {
        id: bootstrapped(i + 1),
        label: `Bootstrapped round ${i + 1}`,
        objective,
        from: last,
        reference: last,
        trees: sourceWith(implicitRewards(before), { ...drawn, rewardBeta: beta }), // (1), (2)
        replay, // (3)
      };
    });
    return [{ id: JUDGED, label: 'DPO on judged pairs', objective }, ...rest];
  },
  defaults: {
    paper: {
      beta: 0.1,
      rounds: 2,
      samples: 16,
      replay: 0.5,
      learningRate: 5e-7,
      batchSize: 32,
      warmupSteps: 50,
    },
    learningRate: 5e-5,
    batchSize: 16,
  },
});
