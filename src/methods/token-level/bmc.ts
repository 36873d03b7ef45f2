/**
 * DPO-BMC: the chosen answer is a minimal repair of the rejected one, so that the tokens that differ carry the preference; they
 * get extra weight by the policy's own doubt.
 *
 *   c_t = 1 + M_t min(exp(-l_t), delta), no gradient                                           (1)
 *   P   = sum over tokens of c_t (l_t - l0_t)                  refWeights: policy              (2)
 *         sum of c_t l_t - sum of c0_t l0_t, c0 by (1) of l0   refWeights: own                 (3)
 *   L   = softplus(-beta (P_w - P_l)), mean over pairs                                         (4)
 *
 *   l_t, l0_t  log-prob of token t under policy and reference
 *   M_t        1 where the token is in none of the matching blocks of the two answers (Ratcliff and Obershelp)
 *
 * Where we differ: the blocks are those of the answers alone, where the code's include the prompt, which anchors the longest block elsewhere.
 *
 * Source: Jiang et al. 2024, section 3.2; YJiangcm/BMC, scripts/dpo_bmc_trainer.py.
 */

import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import { bridgedPairs } from '../../sources/bridged-pairs';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { changes } from '../../util/matching-blocks';
import { range } from '../../util/range';
import { detach, pick } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { choice, number } from '../params';

interface BmcParams {
  beta: number;
  delta: number;
  refWeights: 'policy' | 'own';
}

/** A token of one side of a comparison: an entry, whether it differs from the other side, and the sign of the side. */
interface Scored {
  entry: number;
  comparison: number;
  answer: number;
  differs: boolean;
  sign: 1 | -1;
}

/** Every scored token of every comparison; a token of an answer in two comparisons is there twice. */
const scoredTokens = ({ tokens, pairs, batch }: LossInput): Scored[] =>
  pairs.items.flatMap(({ chosen, rejected }, comparison) => {
    const side = (answer: number) => {
      const { entryStart, entryEnd } = batch.responses[answer]!;
      return { answer, entryStart, ids: tokens.ids.subarray(entryStart, entryEnd) };
    };
    const [w, l] = [side(chosen), side(rejected)];
    const { changedA, changedB } = changes(l.ids, w.ids);
    const scored = (of: typeof w, changed: boolean[], sign: 1 | -1) =>
      changed.map((differs, t) => ({
        entry: of.entryStart + t,
        comparison,
        answer: of.answer,
        differs,
        sign,
      }));
    return [...scored(w, changedB, 1), ...scored(l, changedA, -1)];
  });

const modelled = ({ beta, delta, refWeights }: BmcParams): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss(input) {
    const { tokens, pairs, answers } = input;
    const scored = scoredTokens(input);
    const entries = scored.map(({ entry }) => entry);
    const mask = tf.tensor1d(scored.map(({ differs }) => (differs ? 1 : 0)));
    const weigh = (logProb: Tensor1D) =>
      tf.add(1, tf.mul(mask, tf.minimum(tf.exp(tf.neg(detach(logProb))), delta))) as Tensor1D; // (1)
    const [l, l0] = [pick(tokens.logProb, entries), pick(tokens.refLogProb, entries)];
    const c = weigh(l);
    const parts: Tensor1D =
      refWeights === 'own'
        ? tf.sub(tf.mul(c, l), tf.mul(weigh(l0), l0)) // (3)
        : tf.mul(c, tf.sub(l, l0)); // (2)
    const rows = (count: number, of: (s: Scored) => number, factor: (s: Scored) => number) => {
      const lists = range(count).map((): [number, number][] => []);
      scored.forEach((s, e) => void lists[of(s)]!.push([e, factor(s)]));
      return sparseMatrix(lists, scored.length);
    };
    const z = sparseProduct(
      rows(
        pairs.count,
        (s) => s.comparison,
        (s) => s.sign * beta,
      ),
      parts,
    ); // [C]
    // Of an answer in several comparisons the mean.
    const uses = new Float64Array(answers.count);
    for (const { chosen, rejected } of pairs.items) for (const r of [chosen, rejected]) uses[r]!++;
    const rewards = sparseProduct(
      rows(
        answers.count,
        (s) => s.answer,
        (s) => beta / uses[s.answer]!,
      ),
      parts,
    );
    return { loss: tf.mean(tf.softplus(tf.neg(z))) as Scalar, over: pairs.count, rewards }; // (4)
  },
});

export const bmc = defineMethod({
  id: 'bmc',
  name: 'DPO-BMC',
  chapter: 'token-level',
  paper: {
    title: 'Bridging and Modeling Correlations in Pairwise Data for Direct Preference Optimization',
    authors:
      'Yuxin Jiang, Bo Huang, Yufei Wang, Xingshan Zeng, Liangyou Li, Yasheng Wang, Xin Jiang, Lifeng Shang, Ruiming Tang, Wei Wang',
    year: 2024,
    arxiv: '2408.07471',
    url: 'https://arxiv.org/abs/2408.07471',
  },
  summary:
    'Gives the tokens in which the two answers differ extra weight, the more the less sure the policy is of them.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta\, P_w - \beta\, P_l \big), \quad P = \sum_t \Big(1 + M_t \min\big(\tfrac{1}{\mathrm{sg}(\pi_t)}, \delta\big)\Big) \rho_t`,
  notes: [
    'The weight of the policy alone on the whole log-ratio is the paper’s; the code weighs the reference by its own probabilities (“own”).',
    'The two answers are compared token by token without the prompt, and no stop words are left out.',
    'The paper lets GPT-4 edit the wrong answer towards a right one; here it is mended where the verifier finds it wrong, and what follows from the mistake is worked out again.',
    'Chained arithmetic has one right answer to a problem, so that the mended answer and an independent winner are the same text: there the source shows nothing, and only the loss differs from DPO. On the talkative sums it does: see the presets.',
  ],
  kin: { id: 'dpo', change: 'with more weight where the policy doubts the change', axis: 'weights' },
  aims: ['blame'],
  eats: 'pairs',
  params: {
    beta: { ...beta, default: 0.05, from: 'code' },
    delta: number({
      label: 'delta',
      help: 'Largest extra weight of a token; reached once its probability is below 1 / delta.',
      min: 0,
      max: 20,
      default: 2.5,
      from: 'code',
    }),
    refWeights: choice({
      label: 'weights of the reference',
      help: 'Whether the reference’s log-probs have the policy’s weights or their own.',
      options: { policy: 'the policy’s, as the paper', own: 'its own, as the code' },
      default: 'policy',
      from: 'paper',
    }),
  },
  sources: [bridgedPairs],
  passes: (params) => [{ id: 'bmc', label: 'DPO-BMC', objective: modelled(params) }],
  presets: [
    {
      id: 'talk',
      name: 'Bridged pairs of a talkative model',
      summary:
        'On the talkative sums a right answer has many forms: the mended one says the same things again as the wrong one.',
      task: 'talk',
    },
    {
      id: 'talk-independent',
      name: 'Independent winners of a talkative model',
      summary:
        'The same, with right answers of the model that owe the wrong ones nothing: pairs differ in what is said again, too.',
      task: 'talk',
      source: { id: 'bridged-pairs', params: { winner: 'own' } },
    },
    {
      id: 'own-winner',
      name: 'Independent winners',
      summary:
        'The chosen answer is a right one of the model that owes the wrong one nothing: the paper’s baseline.',
      source: { id: 'bridged-pairs', params: { winner: 'own' } },
    },
    {
      id: 'gold-winner',
      name: 'The task’s solution as winner',
      summary: 'The chosen answer is the task’s own solution, whatever the wrong one looks like.',
      source: { id: 'bridged-pairs', params: { winner: 'gold' } },
    },
    {
      id: 'qa',
      name: 'As released for question answering',
      summary: 'beta 0.05, delta 3.',
      params: { beta: 0.05, delta: 3 },
    },
    {
      id: 'llama-chat',
      name: 'As released for Llama-3 chat',
      summary: 'beta 0.01, delta 1.5.',
      params: { beta: 0.01, delta: 1.5 },
    },
    {
      id: 'as-released',
      name: 'Weights as in the code',
      summary: 'The reference is weighted by its own probabilities.',
      params: { refWeights: 'own' },
    },
  ],
  defaults: {
    paper: { beta: 0.05, delta: 2.5, learningRate: 5e-7, batchSize: 128, warmup: 0.1 },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
