import { mainPass } from '../methods/method';
import type { Head } from '../methods/objective';
import type { Problem } from '../tasks/task';
import type { Measure } from '../util/measure';
import { blameMeasures } from './blame-measures';
import { headMeasures } from './head-measures';
import { judgedAnswers } from './judged-answers';
import type { PassRunner, RunParts } from './pass-runner';
import type { RunContext } from './run-context';

/** The head of a pass that is at its end, where it judges what has been written so far. */
const headAtEnd = ({ pass, step, steps }: PassRunner): Head | undefined => {
  const { head } = pass.objective.reads;
  return head && head.at !== 'answer' && step >= steps ? head : undefined;
};

/** The method says that it puts blame in the right place, has rewards that show where, and is at its end. */
const isToBlame = ({ method, document }: RunContext, { pass, step, steps }: PassRunner): boolean =>
  step >= steps &&
  pass.id === mainPass(method, document.method.params).id &&
  pass.objective.rewardScale !== undefined &&
  pass.objective.reads.reference === true &&
  method.aims?.includes('blame') === true;

const ofHead = async (
  { document }: RunContext,
  runner: PassRunner,
  head: Head,
  trees: Parameters<typeof headMeasures>[2],
): Promise<Measure[]> => {
  const measures = await headMeasures(runner.network(), head, trees, document.seed);
  return measures.map((measure) => ({ ...measure, pass: runner.pass.id }));
};

/** What is measured at the end of a pass on answers that the model gave before training: its value, and where it puts the blame. */
export const endMeasures = async (
  ctx: RunContext,
  runner: PassRunner,
  parts: RunParts,
  problems: readonly Problem[],
): Promise<Measure[]> => {
  const head = headAtEnd(runner);
  const blames = isToBlame(ctx, runner);
  if (!head && !blames) return [];
  ctx.setPhase('evaluating', 'Judging held-out answers step by step.');
  return ctx.onDevice(async () => {
    const trees = await judgedAnswers(ctx, parts, problems);
    const networks = { policy: runner.network(), start: parts.weights.reference() };
    return [
      ...(head ? await ofHead(ctx, runner, head, trees) : []),
      ...(blames ? await blameMeasures(networks, trees) : []),
    ];
  });
};

/** The same of the value on held-out rows of a file whose steps are judged. */
export const rowMeasures = async (
  ctx: RunContext,
  runner: PassRunner,
  { trees }: RunParts,
): Promise<Measure[]> => {
  const head = headAtEnd(runner);
  return head ? ctx.onDevice(() => ofHead(ctx, runner, head, trees.heldOut)) : [];
};

/** Of the last evaluation what is still true: figures of heads that the present pass reads. */
export const stillTrue = (measures: readonly Measure[], { pass }: Pick<PassRunner, 'pass'>): Measure[] => {
  const read = Object.values(pass.objective.reads.frozen ?? {}).flatMap((frozen) =>
    frozen.read === 'head' ? [frozen.model] : [],
  );
  return measures.filter((measure) => measure.pass !== undefined && read.includes(measure.pass));
};
