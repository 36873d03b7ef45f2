import { number } from '../methods/params';
import { distinctAnswers, treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import type { Scored } from '../search/rejection-sampling';
import { acceptedByScore } from '../search/rejection-sampling';
import type { Answer } from '../search/sample-answers';
import { scoreAnswer } from '../search/score-answer';
import { scored } from './scored';
import { defineSource } from './source';

/** Neighbours with different scores, the better one first: the paper's "first-round" ranking. */
const pairsOf = (answers: readonly Scored<Answer>[]): Scored<Answer>[][] =>
  answers.flatMap((first, i) => {
    const second = answers[i + 1];
    if (i % 2 === 1 || !second || first.score === second.score) return [];
    return [first.score > second.score ? [first, second] : [second, first]];
  });

/**
 * Statistical rejection sampling (Liu et al. 2023): different answers to a problem are kept with a probability that grows with
 * their score, as if the optimal policy had written them, and paired at random.
 */
export const rejectionSampled = defineSource({
  id: 'rejection-sampled',
  name: 'Rejection-sampled answers',
  summary:
    'The model answers each problem several times; answers are kept at random, the better-scored ones more often, and paired.',
  params: {
    ...scored,
    samples: { ...scored.samples, min: 2, default: 16 },
    kept: number({
      label: 'answers kept',
      help: 'Answers to each problem that rejection sampling keeps; pairs are made of them.',
      min: 2,
      max: 32,
      integer: true,
      default: 6,
      from: 'ours',
    }),
    rewardTemperature: number({
      label: 'temperature of the score',
      help: 'Small values keep only the best answers, large ones any.',
      min: 0.01,
      max: 100,
      scale: 'log',
      default: 0.5,
      from: 'ours',
    }),
  },
  makes: ['pairs'],
  make: (ctx, { samples, temperature, topP, scoring, kept, rewardTemperature }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const all = distinctAnswers(answers).map((item) => ({ item, score: scoreAnswer(item, scoring) }));
      const accepted = acceptedByScore(all, { count: kept, temperature: rewardTemperature, rng: ctx.rng });
      const pairs = pairsOf(ctx.rng.shuffle(accepted));
      if (pairs.length === 0) return undefined;
      const { problem } = answers[0]!;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: pairs.flat().map(({ item, score }) => ({ steps: judgedSteps(item), score })),
        comparisons: pairs.map(([won, lost], i) => ({
          chosen: 2 * i,
          rejected: 2 * i + 1,
          margin: won!.score - lost!.score,
        })),
      });
    }),
});
