import { treesOfAnswers } from '../search/answer-lists';
import { pairTree } from '../search/build-trees';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { sampling } from './sampling';
import { defineSource } from './source';

/** One pair per problem that got both a right and a wrong answer, each picked at random among its kind. */
export const rightAndWrong = defineSource({
  id: 'right-and-wrong',
  name: 'Right and wrong answers',
  summary:
    'The model answers each problem several times; a right answer is chosen and a wrong one rejected, told apart by the verifier.',
  params: {
    ...sampling,
    samples: {
      ...sampling.samples,
      help: 'Answers sampled to each problem when pairs are made; a pair needs a right and a wrong one.',
      min: 2,
    },
  },
  makes: ['pairs'],
  make: (ctx, { samples, temperature, topP }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const right = answers.filter((answer) => answer.verdict.correct);
      const wrong = answers.filter((answer) => !answer.verdict.correct);
      if (right.length === 0 || wrong.length === 0) return undefined;
      const chosen = ctx.rng.pick(right);
      const rejected = ctx.rng.pick(wrong);
      return pairTree({
        id: `${chosen.problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, chosen.problem),
        chosen: judgedSteps(chosen),
        rejected: judgedSteps(rejected),
      });
    }),
});
