import { number } from '../methods/params';
import { distinctAnswers, treesOfAnswers } from '../search/answer-lists';
import { answersTree, comparisonsByScore } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { scoreAnswer } from '../search/score-answer';
import { scored } from './scored';
import { defineSource } from './source';

/** Lists of different answers with several levels of score, all of them ranked. */
export const rankedLists = defineSource({
  id: 'ranked-lists',
  name: 'Ranked lists',
  summary:
    'The model answers each problem several times, and the verifier scores the answers; lists with enough levels of score are kept whole.',
  params: {
    ...scored,
    samples: { ...scored.samples, min: 2, default: 8 },
    size: number({
      label: 'answers in a list',
      help: 'Most answers of one list; of more the first ones of each score are kept.',
      min: 2,
      max: 32,
      integer: true,
      default: 5,
      from: 'ours',
    }),
    levels: number({
      label: 'levels',
      help: 'Different scores that a list has at least; arithmetic gives three or more on about one problem in six.',
      min: 2,
      max: 8,
      integer: true,
      default: 2,
      from: 'ours',
    }),
  },
  makes: ['lists'],
  make: (ctx, { samples, temperature, topP, scoring, size, levels }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (all, made) => {
      const ranked = distinctAnswers(all).map((answer) => ({ answer, score: scoreAnswer(answer, scoring) }));
      // One of each score first, so that a short list keeps its levels.
      const firsts = ranked.filter(({ score }, i) => ranked.findIndex((r) => r.score === score) === i);
      const others = ranked.filter((r) => !firsts.includes(r));
      if (firsts.length < levels) return undefined;
      const list = [...firsts, ...others].slice(0, size);
      const scores = list.map(({ score }) => score);
      if (new Set(scores).size < Math.min(levels, size)) return undefined;
      const { problem } = list[0]!.answer;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: list.map(({ answer, score }) => ({ steps: judgedSteps(answer), score })),
        comparisons: comparisonsByScore(scores),
      });
    }),
});
