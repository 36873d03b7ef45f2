import { number } from '../methods/params';
import { distinctAnswers, treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { sampling } from './sampling';
import { defineSource } from './source';

/** The first right answer of each way, in the order in which they came. */
const oneOfEachWay = (
  answers: readonly Answer[],
  wayOf: (answer: Answer) => string | undefined,
): Answer[] => {
  const seen = new Set<string>();
  return answers.filter((answer) => {
    const way = wayOf(answer);
    return way !== undefined && !seen.has(way) && seen.add(way);
  });
};

/**
 * Pairs over several derivations of one problem: right answers that go different ways, each against a wrong one.
 */
export const severalDerivations = defineSource({
  id: 'several-derivations',
  name: 'Several derivations',
  summary:
    'The model answers each problem several times; right answers that go different ways are each preferred to a wrong one.',
  params: {
    ...sampling,
    samples: { ...sampling.samples, min: 2, default: 8 },
    ways: number({
      label: 'ways of a problem',
      help: 'Most pairs of one problem, each with a right answer of another way.',
      min: 1,
      max: 16,
      integer: true,
      default: 2,
      from: 'ours',
    }),
  },
  makes: ['pairs'],
  make: (ctx, { samples, temperature, topP, ways }) => {
    const { task } = ctx;
    const wayOf = ({ problem, text, verdict }: Answer) =>
      verdict.correct ? (task.derivation ? task.derivation(problem, text) : text) : undefined;
    return treesOfAnswers(ctx, { count: samples, temperature, topP }, (all, made) => {
      const wrong = ctx.rng.shuffle(distinctAnswers(all).filter(({ verdict }) => !verdict.correct));
      const right = ctx.rng.shuffle(oneOfEachWay(all, wayOf)).slice(0, Math.min(ways, wrong.length));
      if (right.length === 0) return undefined;
      const { problem } = right[0]!;
      const answers = [...right, ...wrong.slice(0, right.length)];
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: answers.map((answer, i) => ({
          steps: judgedSteps(answer),
          score: i < right.length ? 1 : 0,
        })),
        comparisons: right.map((_, i) => ({ chosen: i, rejected: right.length + i })),
      });
    });
  },
});
