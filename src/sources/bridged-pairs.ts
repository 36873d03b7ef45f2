import { choice } from '../methods/params';
import { treesOfAnswers } from '../search/answer-lists';
import { labelled, pairTree } from '../search/build-trees';
import { judgedSteps } from '../search/judged-steps';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { encodeSteps } from '../search/split-tokens';
import { sampling } from './sampling';
import { defineSource } from './source';

/** A wrong answer, mended where it is wrong and nowhere else. @returns its text; undefined where the world knows no mending */
export const repaired = ({ task }: Pick<PipelineContext, 'task'>, { problem, verdict }: Answer) => {
  const texts = verdict.steps.map(({ text }) => text);
  if (task.repair) return task.repair(problem, texts);
  const kept = texts.slice(0, Math.max(0, verdict.firstWrongStep)).join('');
  const rest = task.continueFrom(problem, kept);
  return rest === undefined ? undefined : kept + rest;
};

/** A right answer as text, with its EOS. */
const written = ({ task, tokenizer }: PipelineContext, text: string) => {
  const steps = labelled(encodeSteps(task, tokenizer, text), () => 1);
  steps.at(-1)?.tokens.push(tokenizer.eos);
  return steps;
};

/**
 * DPO-BMC's data: the chosen answer is the rejected one with as few changes as make it right, so that what differs between the two is
 * what was wrong. The other choices are its paper's baselines: winners that owe nothing to the loser.
 */
export const bridgedPairs = defineSource({
  id: 'bridged-pairs',
  name: 'Bridged pairs',
  summary:
    'A wrong answer of the model is rejected, and the same with its mistakes mended is chosen; or, to compare, a right answer that owes it nothing.',
  params: {
    ...sampling,
    winner: choice({
      label: 'chosen answer',
      help: 'What is preferred to the wrong answer.',
      options: {
        bridged: 'the wrong one, mended',
        gold: 'the task’s own solution',
        own: 'a right answer of the model to the same problem',
      },
      default: 'bridged',
      from: 'paper',
    }),
  },
  makes: ['pairs'],
  make: (ctx, { samples, temperature, topP, winner }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const wrong = answers.filter(({ verdict }) => !verdict.correct);
      if (wrong.length === 0) return undefined;
      const rejected = ctx.rng.pick(wrong);
      const { problem } = rejected;
      const chosen = () => {
        if (winner === 'gold') return written(ctx, problem.solution);
        if (winner === 'own') {
          const right = answers.filter(({ verdict }) => verdict.correct);
          return right.length > 0 ? judgedSteps(ctx.rng.pick(right)) : undefined;
        }
        const text = repaired(ctx, rejected);
        return text === undefined ? undefined : written(ctx, text);
      };
      const steps = chosen();
      if (!steps) return undefined;
      return pairTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        chosen: steps,
        rejected: judgedSteps(rejected),
      });
    }),
});
