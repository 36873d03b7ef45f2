/**
 * DPO-PL: DPO for rankings. Instead of one comparison the likelihood of the whole order under the Plackett-Luce model: the best
 * answer is chosen from all, the next from those that are left, and so on.
 *
 *   L = -sum_k log( exp(beta S_k) / sum of exp(beta S_i) over k and all answers with a lower score )   (1)
 *   over the answers k that some other has a lower score than; mean over prompts that have one          (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference
 *   beta strength of the pull to the reference
 *
 * Where we differ: answers of equal score are not ordered among each other, where the model wants a total order.
 *
 * Source: Rafailov et al. 2023, appendix A.3.
 */
import { rankedLists } from '../../sources/ranked-lists';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { nothing, pickRows } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';

/**
 * (1), (2): minus the log-likelihood of each prompt's ranking under Plackett-Luce.
 * @param reward of each answer [P]
 * @returns the mean, and over how many prompts; 0 where nothing is ranked
 */
export const plackettLuce = (
  { batch, lists }: LossInput,
  reward: Tensor1D,
): { loss: Scalar; over: number } => {
  const score = (r: number) => batch.responses[r]!.score!;
  const perPrompt = lists.items.map((own) =>
    own.map((k) => [k, ...own.filter((i) => score(i) < score(k))]).filter((inPlay) => inPlay.length > 1),
  );
  const choices = perPrompt.flat();
  const over = perPrompt.filter((own) => own.length > 0).length;
  if (over === 0) return { loss: nothing(reward), over };
  const logLikelihood = tf.logSoftmax(pickRows(reward, choices));
  const first = tf.slice(logLikelihood, [0, 0], [choices.length, 1]);
  return { loss: tf.div(tf.sum(first), -over) as Scalar, over };
};

const ranked = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true, scores: true },
  rewardScale: beta,
  loss(input) {
    const rewards = input.answers.reward(beta);
    return { ...plackettLuce(input, rewards), rewards };
  },
});

export const dpoPl = defineMethod({
  id: 'dpo-pl',
  name: 'DPO-PL',
  chapter: 'listwise',
  paper: {
    title: 'Direct Preference Optimization: Your Language Model is Secretly a Reward Model',
    authors:
      'Rafael Rafailov, Archit Sharma, Eric Mitchell, Stefano Ermon, Christopher D. Manning, Chelsea Finn',
    year: 2023,
    arxiv: '2305.18290',
    url: 'https://arxiv.org/abs/2305.18290',
  },
  summary:
    'DPO for rankings of several answers, by the Plackett-Luce model: each answer against all that are worse.',
  tex: String.raw`\mathcal{L} = -\sum_k \log \frac{e^{\beta S_k}}{e^{\beta S_k} + \sum_{r_i < r_k} e^{\beta S_i}}`,
  notes: [
    'The formula was not checked against the paper’s appendix.',
    'Answers of equal score are left unordered. With two answers of different score it is DPO.',
  ],
  kin: { id: 'dpo', change: 'over whole rankings, by Plackett-Luce', axis: 'lists' },
  aims: ['fewer-pairs'],
  eats: 'lists',
  params: {
    beta,
  },
  sources: [rankedLists],
  passes: (params) => [{ id: 'dpo-pl', label: 'DPO-PL', objective: ranked(params) }],
  defaults: { paper: { beta: 0.1 }, learningRate: 1e-4, batchSize: 8 },
});
