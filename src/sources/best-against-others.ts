import { number } from '../methods/params';
import { distinctAnswers, treesOfAnswers } from '../search/answer-lists';
import { answersTree, comparisonsByScore } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { scoreAnswer } from '../search/score-answer';
import { range } from '../util/range';
import { scored } from './scored';
import { defineSource } from './source';

/** At most `count` of them, evenly spread from the first to the last. */
const spread = <T>(items: readonly T[], count: number): T[] =>
  items.length <= count
    ? [...items]
    : count === 1
      ? items.slice(0, 1)
      : range(count).map((i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);

/**
 * The best answer to a problem against others of lower scores, each pair by itself with its gap as margin: of R1 > R2 > R3 > R4 the
 * pairs (R1, R4), (R1, R3), (R1, R2).
 */
export const bestAgainstOthers = defineSource({
  id: 'best-against-others',
  name: 'The best answer against others',
  summary:
    'The model answers each problem several times; the best answer is paired with others of different lower scores, each pair with its gap.',
  params: {
    ...scored,
    samples: { ...scored.samples, min: 2, default: 8 },
    others: number({
      label: 'pairs of a problem',
      help: 'Most pairs that one problem gives, each with another score of the rejected answer.',
      min: 1,
      max: 16,
      integer: true,
      default: 3,
      from: 'paper',
    }),
  },
  makes: ['pairs'],
  make: (ctx, { samples, temperature, topP, scoring, others }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (all, made) => {
      const ranked = distinctAnswers(all)
        .map((answer) => ({ answer, score: scoreAnswer(answer, scoring) }))
        .sort((a, b) => a.score - b.score);
      const best = ranked.at(-1)!;
      const worse = ranked.filter(({ score }) => score < best.score);
      const levels = worse.filter(({ score }, i) => worse.findIndex((r) => r.score === score) === i);
      return spread(levels, others).map((other, i) => {
        const pair = [best, other];
        const { problem } = best.answer;
        return answersTree({
          id: `${problem.id}#${made + i}`,
          prompt: promptTokens(ctx.tokenizer, problem),
          answers: pair.map(({ answer, score }) => ({ steps: judgedSteps(answer), score })),
          comparisons: comparisonsByScore(pair.map(({ score }) => score)),
        });
      });
    }),
});
