import { treesOfAnswers } from '../search/answer-lists';
import { answersTree, comparisonsByScore } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { scoreAnswer } from '../search/score-answer';
import { scored } from './scored';
import { defineSource } from './source';

/** Of the answers to each problem the best-scored one is chosen and the worst rejected; problems of one score give none. */
export const bestAndWorst = defineSource({
  id: 'best-and-worst',
  name: 'Best and worst answers',
  summary:
    'The model answers each problem several times; the verifier scores the answers, the best one is chosen and the worst rejected.',
  params: { ...scored, samples: { ...scored.samples, min: 2, default: 5 } },
  makes: ['pairs'],
  make: (ctx, { samples, temperature, topP, scoring }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const ranked = answers
        .map((answer) => ({ answer, score: scoreAnswer(answer, scoring) }))
        .sort((a, b) => b.score - a.score);
      const pair = [ranked[0]!, ranked.at(-1)!];
      const scores = pair.map(({ score }) => score);
      const comparisons = comparisonsByScore(scores);
      if (comparisons.length === 0) return undefined;
      const { problem } = pair[0]!.answer;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: pair.map(({ answer, score }) => ({ steps: judgedSteps(answer), score })),
        comparisons,
      });
    }),
});
