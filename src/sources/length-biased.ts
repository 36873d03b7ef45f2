import { treesOfAnswers } from '../search/answer-lists';
import { pairTree } from '../search/build-trees';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { sampling } from './sampling';
import { defineSource } from './source';

const lengthOf = ({ steps }: Answer) => steps.reduce((sum, { tokens }) => sum + tokens.length, 0);

/**
 * The longest right answer against the shortest wrong one. What is preferred is rightness; that the better answer is longer is a bias of
 * the data alone, such as people and reward models have.
 */
export const lengthBiased = defineSource({
  id: 'length-biased',
  name: 'Longest right, shortest wrong',
  summary:
    'The model answers each problem several times; the longest right answer is chosen and the shortest wrong one rejected, so that length looks like a merit.',
  params: { ...sampling, samples: { ...sampling.samples, min: 2 } },
  makes: ['pairs'],
  make: (ctx, { samples, temperature, topP }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const byLength = [...answers].sort((a, b) => lengthOf(b) - lengthOf(a));
      const chosen = byLength.find(({ verdict }) => verdict.correct);
      const rejected = byLength.reverse().find(({ verdict }) => !verdict.correct);
      if (!chosen || !rejected) return undefined;
      return pairTree({
        id: `${chosen.problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, chosen.problem),
        chosen: judgedSteps(chosen),
        rejected: judgedSteps(rejected),
      });
    }),
});
