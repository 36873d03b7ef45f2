import type { CreditView, Evaluation } from '../../workers/protocol';
import type { HostWeights } from '../model/host-weights';
import { creditOf } from '../train/credit';
import { accuracyOf, answerProblems, measuresOf } from '../train/evaluate';
import { evaluatePairs } from '../train/evaluate-pairs';
import { scoreTrees } from '../train/score';
import type { PreferenceTree } from '../tree/tree';
import { plural } from '../util/count';
import { yieldToMessages } from '../util/mutex';
import { endMeasures, rowMeasures } from './end-measures';
import { guidedMeasures } from './guided-measures';
import type { Medium } from './medium';
import type { PassRunner, RunParts } from './pass-runner';
import type { RunContext } from './run-context';

const HELD_OUT_START = 0;

type Result = Omit<Evaluation, 'step' | 'stage'>;

/** Loss and rewards of held-out rows under the current weights; undefined when no row is held out. */
const evaluateRows = async (
  ctx: RunContext,
  runner: PassRunner,
  parts: RunParts,
  count: number,
): Promise<Result | undefined> => {
  const { trees, constants } = parts;
  const rows = trees.heldOut.slice(0, count);
  if (rows.length === 0) return undefined;
  ctx.setPhase('evaluating', `Scoring ${plural(rows.length, 'held-out row')}.`);
  await constants.ensure(rows);
  const result = await ctx.onDevice(() => evaluatePairs(runner.state(), rows, () => ctx.between()));
  const measures = await rowMeasures(ctx, runner, parts);
  return { ...result, ...(measures.length > 0 && { measures }) };
};

/** What the current weights make of the first `count` held-out problems, answered as their world says: greedily or sampled. */
const evaluateProblems = async (
  ctx: RunContext,
  runner: PassRunner,
  parts: RunParts,
  count: number,
): Promise<Result> => {
  const { task, model, document, signal } = ctx;
  const { temperature, samples } = task.evaluation;
  ctx.setPhase('evaluating', `Answering ${plural(count, 'held-out problem')}.`);
  const problems = task.heldOut(document.data.difficulty, HELD_OUT_START, count);
  const answers = await ctx.onDevice(() =>
    answerProblems(
      { network: runner.network(), tokenizer: model.tokenizer },
      task,
      problems,
      { temperature, samples, seed: document.seed, maxTokens: document.data.maxTokens, signal },
      yieldToMessages,
    ),
  );
  const measures = [
    ...(measuresOf(task, answers) ?? []),
    ...(await guidedMeasures(ctx, runner, parts, problems)),
    ...(await endMeasures(ctx, runner, parts, problems)),
  ];
  return {
    ...accuracyOf(answers),
    ...(temperature > 0 && { temperature }),
    ...(measures.length > 0 && { measures }),
  };
};

/** Either, as the run's data are; undefined when no row is held out. */
export const evaluateHeldOut = (
  ctx: RunContext,
  runner: PassRunner,
  parts: RunParts,
  count: number,
): Promise<Result | undefined> =>
  ctx.dataset
    ? evaluateRows(ctx, runner, parts, count)
    : ctx.medium
      ? evaluateMedium(ctx, ctx.medium, runner, parts, count)
      : evaluateProblems(ctx, runner, parts, count);

/** The model that judges for the present pass, or that it trains. */
const judgeIn = async ({ pass, apart }: PassRunner, { weights }: RunParts) => {
  if (apart) return { network: weights.present(), dispose: () => undefined };
  const { latents } = pass.objective.reads;
  const judge = latents?.entry === 'transition' ? latents.judge : undefined;
  return judge === undefined ? undefined : weights.lend(judge);
};

/** What a model of another medium makes, measured. */
const evaluateMedium = (
  ctx: RunContext,
  medium: Medium,
  runner: PassRunner,
  parts: RunParts,
  count: number,
): Promise<Result> => {
  ctx.setPhase('evaluating', `Measuring ${count} ${medium.unit}.`);
  return ctx.onDevice(async () => {
    const lent = await judgeIn(runner, parts);
    const { source } = ctx.document.data;
    try {
      return await medium.evaluate(
        runner.network(),
        count,
        () => ctx.between(),
        lent && { network: lent.network, params: source?.params ?? {} },
      );
    } finally {
      lent?.dispose();
    }
  });
};

/** Of trees that were looked at, under the weights that a run began with: scored once. */
const atStart = new WeakMap<RunParts, Map<string, Float32Array>>();

/** Trained weights of this size are not put on the device a second time for a look. */
const MOST_BYTES = 512 * 2 ** 20;

/** Log-probs of a tree's entries under the weights that the run began with; undefined where that would take too much memory. */
const startOf = async (
  ctx: RunContext,
  { pass }: PassRunner,
  parts: RunParts,
  tree: PreferenceTree,
): Promise<Float32Array | undefined> => {
  const { weights, constants } = parts;
  // What the run is compared with is mostly what it began with, and scored already.
  const compared = pass.objective.reads.reference && (pass.reference ?? 'start') === 'start' && !pass.refresh;
  if (compared && !weights.plan.adapter) return constants.numbersOf('reference')?.byTree.get(tree.id);
  const known = atStart.get(parts) ?? new Map<string, Float32Array>();
  atStart.set(parts, known);
  const before = known.get(tree.id);
  if (before) return before;
  let bytes = 0;
  for (const tensor of weights.policy.trained.values()) bytes += 4 * tensor.size;
  if (bytes > MOST_BYTES) return undefined;
  const initial = await weights.of('start');
  const scores = await ctx.onDevice(async () => {
    const { network, dispose } = weights.lendWeights(initial);
    try {
      return (await scoreTrees(network, [tree], yieldToMessages)).get(tree.id)!;
    } finally {
      dispose();
    }
  });
  known.set(tree.id, scores);
  return scores;
};

/**
 * Where the method puts the credit on one of the pass's trees.
 * @param weights in the place of the present ones
 * @throws when there is no such tree yet
 */
export const creditAt = async (
  ctx: RunContext,
  runner: PassRunner,
  parts: RunParts,
  index: number,
  weights?: HostWeights,
): Promise<CreditView> => {
  const made = runner.trees[index];
  if (!made) throw new Error(`There is no pair ${index}; ${runner.trees.length} have been made.`);
  const [tree] = (await runner.visited([made], 'credit')) as [PreferenceTree];
  await parts.constants.ensure([tree]);
  const start = ctx.medium ? undefined : await startOf(ctx, runner, parts, tree);
  const words = ctx.medium?.words ?? ctx.model.tokenizer;
  return ctx.onDevice(async () => {
    const present = runner.state();
    const lent = weights && parts.weights.lendWeights(weights);
    try {
      const under = lent ? { ...present, parameters: lent.trained } : present;
      const view = await creditOf(tree, under, ctx.method.id, words, start);
      if (!ctx.medium) return view;
      const images = await ctx.medium.look(lent?.network ?? runner.network(), tree);
      return { ...view, treeId: made.id, prompt: '', images };
    } finally {
      lent?.dispose();
    }
  });
};
