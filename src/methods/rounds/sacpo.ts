/**
 * SACPO: one thing after another. A first stage makes the model helpful; a second makes it safe, against the first stage's model as its
 * reference. The optimum is that of both at once, whichever comes first.
 *
 *   helpful   L = l(beta; S against pi_0), on pairs by helpfulness, from pi_0: pi_r            (1)
 *   safe      L = l(beta / lambda; S against pi_r), on pairs by safety, from pi_r: pi_rg       (2)
 *   l         DPO, softplus(-beta (S_w - S_l)), or KTO on the same answers                     (3)
 *   result    theta = (1 - q) theta_r + q theta_rg, P-SACPO; q = 1 is SACPO                    (4)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   pi_0 the model before training      beta  strength of the pull      lambda  price of safety
 *   both losses have the likelihood of the good answers beside them, weighed by `anchor`       (5)
 *
 * Where we differ: (5) and the anchors among the pairs of (2) are ours; without them a model of this size unlearns sums in the
 * second stage. Each stage samples its pairs from the model that it starts from; the paper labels one fixed data set twice.
 *
 * Source: Wachi et al. 2024, sections 4 and 5; line/sacpo, script/train and config/merge.
 */
import { labelledPairs } from '../../sources/labelled-pairs';
import type { Source } from '../../sources/source';
import { sourceWith } from '../../sources/source';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { range } from '../../util/range';
import { chosenLikelihood } from '../chosen-cross-entropy';
import { nothing, pick } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta, logistic } from '../pairwise/dpo';
import { anchor } from '../pairwise/egida';
import { choice, number } from '../params';
import type { Pass } from '../pass';
import { prospect } from '../pointwise/kto';
import { weightedSum } from '../weighted-sum';

const moreHelpful = sourceWith(labelledPairs, { by: 'score' });
const safer = sourceWith(labelledPairs, { by: 'safe', anchors: 0.5 });

/** The likelihood of the desirable ones among single answers, a mean over all that are judged: (5) beside KTO. */
const desirableLikelihood: Objective = {
  reads: { answerLabels: ['desirable'] },
  loss({ answers }) {
    const [mismatched, desirable] = [answers.labels('mismatched'), answers.labels('desirable')];
    const judged = range(answers.count).filter((r) => !(mismatched[r]! > 0));
    const good = judged.filter((r) => desirable[r]! > 0);
    if (good.length === 0) return { loss: nothing(answers.sum), over: judged.length };
    const sum = tf.sum(pick(answers.mean, good));
    return { loss: tf.div(tf.neg(sum), judged.length) as Scalar, over: judged.length };
  },
};

const stage = (loss: 'dpo' | 'kto', strength: number, anchor: number): Objective =>
  loss === 'dpo'
    ? weightedSum({
        preference: [1, logistic({ beta: strength })],
        likelihood: [anchor, chosenLikelihood('answer-mean')],
      })
    : weightedSum({
        preference: [1, prospect({ beta: strength, desirableWeight: 1, undesirableWeight: 1 })],
        likelihood: [anchor, desirableLikelihood],
      });

const stages = { helpful: 'Helpfulness', safe: 'Safety' } as const;

export const sacpo = defineMethod({
  id: 'sacpo',
  name: 'SACPO',
  chapter: 'rounds',
  paper: {
    title: 'Stepwise Alignment for Constrained Language Model Policy Optimization',
    authors: 'Akifumi Wachi, Thien Q. Tran, Rei Sato, Takumi Tanabe, Youhei Akimoto',
    year: 2024,
    arxiv: '2404.11049',
    url: 'https://arxiv.org/abs/2404.11049',
  },
  summary:
    'First helpful, then safe: the second stage starts from the first one’s model and is held to it, and the two can be merged.',
  tex: String.raw`\pi_r = \arg\min \mathcal{L}^{\text{helpful}}_{\beta}(\pi; \pi_0), \quad \pi_{r+g} = \arg\min \mathcal{L}^{\text{safe}}_{\beta/\lambda}(\pi; \pi_r), \quad \theta = (1-q)\,\theta_r + q\,\theta_{r+g}`,
  notes: [
    'The likelihood of good answers and the anchors of the second stage are ours: without them a model of this size unlearns sums there.',
    'Each stage samples its pairs from the model that it starts from; the paper labels one data set twice.',
    'At this size, over three seeds: the first stage raises sums that are right from 48 to 78 in 100, and attacks that work from 91 to 98; the second brings these down to 68 and leaves the sums at 78.',
    'Held against this (docs/comparisons.md): the order makes no difference that shows. The mean of the two stages leaves 26 in 100 more attacks that work (11 to 41) and solves no more; a beta / lambda of 0.1 leaves 2 more (1 to 3), of 0.5 solves 15 fewer sums (2 to 28). That the naive merge is worse does not show (12 more, -5 to 28).',
    'lambda is never solved for; beta / lambda is given, as in the released scripts.',
    'A second stage “by itself”, merged with the first, is the paper’s naive merge: two models that know nothing of each other.',
  ],
  kin: { id: 'dpo', change: 'in two stages, the second against the first’s model', axis: 'again' },
  aims: ['refusals'],
  eats: 'pairs',
  params: {
    loss: choice({
      label: 'loss of a stage',
      help: 'On pairs, or on their answers one by one.',
      options: { dpo: 'DPO', kto: 'KTO' },
      default: 'dpo',
      from: 'paper',
    }),
    beta: { ...beta, help: 'Strength of the pull to the reference in the first stage.' },
    betaOverLambda: number({
      label: 'beta / lambda',
      help: 'Strength of the pull to the first stage’s model in the second; smaller is safer and less helpful.',
      min: 0.001,
      max: 5,
      scale: 'log',
      default: 0.025,
      from: 'code',
    }),
    order: choice({
      label: 'order',
      help: 'Which comes first; at the optimum it makes no difference.',
      options: { 'helpful-first': 'helpful, then safe', 'safe-first': 'safe, then helpful' },
      default: 'helpful-first',
      from: 'paper',
    }),
    second: choice({
      label: 'second stage',
      help: 'Whether it starts from the first one’s model and is held to it, or from the model before training.',
      options: { stepwise: 'after the first', 'by-itself': 'by itself' },
      default: 'stepwise',
      from: 'paper',
    }),
    merge: number({
      label: 'q',
      help: 'Weight of the second stage’s model in the result, the rest being the first one’s; 1 is SACPO, less is P-SACPO.',
      min: 0,
      max: 1,
      default: 1,
      from: 'paper',
    }),
    anchor,
  },
  sources: [moreHelpful],
  passes: ({ loss, beta, betaOverLambda, order, second, anchor }) => {
    const [first, then] =
      order === 'helpful-first' ? (['helpful', 'safe'] as const) : (['safe', 'helpful'] as const);
    const makers: Record<'helpful' | 'safe', Source> = { helpful: moreHelpful, safe: safer };
    const before = second === 'stepwise' ? first : 'start';
    const passes: Pass[] = [
      {
        id: first,
        label: stages[first],
        objective: stage(loss, beta, anchor), // (1)
        // The run's own source makes the pairs of the usual first stage, so that it can be set.
        ...(first === 'safe' && { trees: safer }),
      },
      {
        id: then,
        label: stages[then],
        from: before,
        reference: before,
        trees: makers[then],
        objective: stage(loss, betaOverLambda, anchor), // (2)
      },
    ];
    return passes;
  },
  result: ({ order, merge }) => {
    const [first, then] = order === 'helpful-first' ? ['helpful', 'safe'] : ['safe', 'helpful'];
    if (merge === 1) return undefined; // what the second stage ends with
    return [
      [1 - merge, first!],
      [merge, then!],
    ]; // (4)
  },
  presets: [
    {
      id: 'safe-first',
      name: 'Safety first',
      summary: 'The stages the other way round: safe, then helpful.',
      params: { order: 'safe-first' },
    },
    {
      id: 'merged',
      name: 'P-SACPO',
      summary: 'The mean of the two stages’ models.',
      params: { merge: 0.5 },
    },
    {
      id: 'mostly-first',
      name: 'P-SACPO, a quarter',
      summary: 'A quarter of the second stage’s model, the rest the first one’s.',
      params: { merge: 0.25 },
    },
    {
      id: 'naive-merge',
      name: 'Naive merge',
      summary:
        'Two models that each learned one thing from the start, and their mean: what P-SACPO is held against.',
      params: { second: 'by-itself', merge: 0.5 },
    },
    {
      id: 'ratio-0.1',
      name: 'beta / lambda 0.1',
      summary: 'Held to the first stage’s model four times as firmly.',
      params: { betaOverLambda: 0.1 },
    },
    {
      id: 'ratio-0.5',
      name: 'beta / lambda 0.5',
      summary: 'Held to it twenty times as firmly.',
      params: { betaOverLambda: 0.5 },
    },
    {
      id: 'kto',
      name: 'With KTO',
      summary: 'Both stages learn from the same answers one by one.',
      params: { loss: 'kto' },
    },
  ],
  defaults: {
    paper: { beta: 0.1, betaOverLambda: 0.025, learningRate: 2e-5, batchSize: 32, epochs: 3 },
    learningRate: 2e-4,
    batchSize: 16,
    world: {
      task: 'guard',
      difficulty: 'mixed',
      trees: 320,
      steps: 45,
      schedule: { kind: 'linear', warmup: 0.2 },
      evaluation: { every: 45, problems: 400 },
    },
  },
});
