import { number } from '../methods/params';
import { distinctAnswers, treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import type { Aspects } from '../tasks/task';
import { sampling } from './sampling';
import { defineSource } from './source';

type Weights = Record<keyof Aspects, number>;

const weight = (label: string, help: string, value: number) =>
  number({ label, help, min: 0, max: 1, default: value, from: 'ours' });

/** The aspects of each step; a world with one word for all of it gives that word to each. */
const aspectsOf = ({ task }: PipelineContext, { problem, verdict }: Answer): Aspects[] =>
  task.aspects?.(
    problem,
    verdict.steps.map(({ text }) => text),
  ) ??
  verdict.steps.map(({ correct }) => {
    const word = correct ? 1 : 0;
    return { format: word, holds: word, grounded: word, progress: word };
  });

/** The weighted mean of a step's aspects, from 0 to 1. */
const combined = (aspects: Aspects, weights: Weights, total: number): number =>
  (Object.keys(weights) as (keyof Aspects)[]).reduce((sum, name) => sum + weights[name] * aspects[name], 0) /
  total;

const judged = (ctx: PipelineContext, answer: Answer, weights: Weights, total: number) => {
  const aspects = aspectsOf(ctx, answer);
  return judgedSteps(answer).map((step, i) => {
    const own = aspects[i];
    // A step past the last line is EOS alone: as right as the whole answer.
    const score = own ? combined(own, weights, total) : answer.verdict.correct ? 1 : 0;
    return { ...step, labels: { ...step.labels, ...own, score } };
  });
};

/**
 * 2D-DPO's data: a right and a wrong answer of which every step has scores of several aspects; their weighted mean is the step's score.
 */
export const scoredAspects = defineSource({
  id: 'scored-aspects',
  name: 'Answers with scored aspects',
  summary:
    'A right answer is preferred to a wrong one, and the verifier scores every step in four aspects, of which the step’s score is the weighted mean.',
  params: {
    ...sampling,
    samples: { ...sampling.samples, min: 2 },
    holdsWeight: weight('weight of truth', 'Whether what the step says is true.', 0.4),
    groundedWeight: weight('weight of grounding', 'Whether it begins from the result before it.', 0.3),
    formatWeight: weight('weight of form', 'Whether it can be read.', 0.1),
    progressWeight: weight('weight of progress', 'Whether it does what is asked at its place.', 0.2),
  },
  makes: ['steps', 'pairs'],
  make: (ctx, { samples, temperature, topP, ...own }) => {
    const weights: Weights = {
      holds: own.holdsWeight,
      grounded: own.groundedWeight,
      format: own.formatWeight,
      progress: own.progressWeight,
    };
    const total = Object.values(weights).reduce((a, b) => a + b, 0);
    if (total === 0)
      throw new Error('All aspects have weight 0; give at least one of them a weight above 0.');
    return treesOfAnswers(ctx, { count: samples, temperature, topP }, (all, made) => {
      const distinct = distinctAnswers(all);
      const right = distinct.filter((answer) => answer.verdict.correct);
      const wrong = distinct.filter((answer) => !answer.verdict.correct);
      if (right.length === 0 || wrong.length === 0) return undefined;
      const pair = [ctx.rng.pick(right), ctx.rng.pick(wrong)];
      const { problem } = pair[0]!;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: pair.map((answer, i) => ({ steps: judged(ctx, answer, weights, total), score: 1 - i })),
        comparisons: [{ chosen: 0, rejected: 1 }],
      });
    });
  },
});
