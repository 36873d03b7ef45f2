import type { Evaluation } from '../../workers/protocol';
import { accuracyOf, answerProblems } from '../train/evaluate';
import { evaluatePairs } from '../train/evaluate-pairs';
import { plural } from '../util/count';
import { yieldToMessages } from '../util/mutex';
import type { PassRunner, RunParts } from './pass-runner';
import type { RunContext } from './run-context';

const HELD_OUT_START = 0;

type Result = Omit<Evaluation, 'step' | 'stage'>;

/** Loss and rewards of held-out rows under the current weights; undefined when no row is held out. */
export const evaluateRows = async (
  ctx: RunContext,
  runner: PassRunner,
  { trees, constants }: RunParts,
  count: number,
): Promise<Result | undefined> => {
  const rows = trees.heldOut.slice(0, count);
  if (rows.length === 0) return undefined;
  ctx.setPhase('evaluating', `Scoring ${plural(rows.length, 'held-out row')}.`);
  await constants.ensure(rows);
  return ctx.onDevice(() => evaluatePairs(runner.state(), rows, () => ctx.between()));
};

/** Greedy accuracy of the current weights on the first `count` held-out problems. */
export const evaluateProblems = async (
  ctx: RunContext,
  runner: PassRunner,
  count: number,
): Promise<Result> => {
  const { task, model, document, signal } = ctx;
  ctx.setPhase('evaluating', `Answering ${plural(count, 'held-out problem')}.`);
  const answers = await ctx.onDevice(() =>
    answerProblems(
      { network: runner.network(), tokenizer: model.tokenizer },
      task,
      task.heldOut(document.data.difficulty, HELD_OUT_START, count),
      { temperature: 0, seed: document.seed, maxTokens: document.data.maxTokens, signal },
      yieldToMessages,
    ),
  );
  return accuracyOf(answers);
};
