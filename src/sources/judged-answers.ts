import { choice } from '../methods/params';
import { distinctAnswers, treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { promptTokens } from '../search/prompt-tokens';
import { soundSteps } from '../search/sound-steps';
import { sampling } from './sampling';
import { defineSource } from './source';

/**
 * Right and wrong answers of which the verifier judges every step: `reward` and `score` are 1 for a right step and 0 for a
 * wrong one, `q` is 1 as long as everything so far is right and -1 from the first mistake on.
 */
export const judgedAnswers = defineSource({
  id: 'judged-answers',
  name: 'Answers with judged steps',
  summary:
    'The model answers each problem several times; right answers are preferred to wrong ones, and the verifier judges every step.',
  params: {
    ...sampling,
    samples: { ...sampling.samples, min: 2 },
    pairing: choice({
      label: 'pairs of a problem',
      help: 'Whether one right answer is compared with one wrong one, or every right with every wrong.',
      options: { one: 'one right and one wrong', all: 'every right with every wrong' },
      default: 'one',
      from: 'ours',
    }),
  },
  makes: ['steps', 'turns', 'pairs', 'lists'],
  make: (ctx, { samples, temperature, topP, pairing }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (all, made) => {
      const distinct = distinctAnswers(all);
      const right = distinct.filter((answer) => answer.verdict.correct);
      const wrong = distinct.filter((answer) => !answer.verdict.correct);
      if (right.length === 0 || wrong.length === 0) return undefined;
      const answers = pairing === 'all' ? [...right, ...wrong] : [ctx.rng.pick(right), ctx.rng.pick(wrong)];
      const { problem } = answers[0]!;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: answers.map((answer) => ({
          steps: soundSteps(answer),
          score: answer.verdict.correct ? 1 : 0,
        })),
        comparisons: answers.flatMap((a, chosen) =>
          answers.flatMap((b, rejected) =>
            a.verdict.correct && !b.verdict.correct ? [{ chosen, rejected }] : [],
          ),
        ),
      });
    }),
});
