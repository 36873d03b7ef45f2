import { distinctAnswers, treesOfAnswers } from '../search/answer-lists';
import { answersTree, comparisonsByScore } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { scoreAnswer } from '../search/score-answer';
import { scored } from './scored';
import { defineSource } from './source';

/** Every two answers to a problem that have different scores are a pair; the gap is its margin. */
export const allPairsByScore = defineSource({
  id: 'all-pairs-by-score',
  name: 'All pairs by score',
  summary:
    'The model answers each problem several times, and the verifier scores the answers; every two with different scores are a pair.',
  params: { ...scored, samples: { ...scored.samples, min: 2 } },
  makes: ['pairs', 'lists'],
  make: (ctx, { samples, temperature, topP, scoring }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (all, made) => {
      const answers = distinctAnswers(all);
      const scores = answers.map((answer) => scoreAnswer(answer, scoring));
      const comparisons = comparisonsByScore(scores);
      if (comparisons.length === 0) return undefined;
      const { problem } = answers[0]!;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: answers.map((answer, i) => ({ steps: judgedSteps(answer), score: scores[i]! })),
        comparisons,
      });
    }),
});
