import { worldOfModel } from '../../tasks/cards';
import type { MethodInfo } from '../../train/method-info';
import { defaultRun, type RunDocument } from '../../train/run-document';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The document with what it has from the defaults `before` as the defaults `after` have it; what was changed stays. A world goes
 * with its model and its difficulty.
 */
export const fromDefaults = (document: RunDocument, before: RunDocument, after: RunDocument): RunDocument => {
  const stays = <T>(now: T, then: T, next: T): T => (same(now, then) ? next : now);
  const { data } = document;
  const moves = after.data.task !== data.task;
  return {
    ...document,
    model: after.model,
    steps: stays(document.steps, before.steps, after.steps),
    batchSize: stays(document.batchSize, before.batchSize, after.batchSize),
    schedule: stays(document.schedule, before.schedule, after.schedule),
    optimizer: {
      ...document.optimizer,
      learningRate: stays(
        document.optimizer.learningRate,
        before.optimizer.learningRate,
        after.optimizer.learningRate,
      ),
    },
    evaluation: {
      every: stays(document.evaluation.every, before.evaluation.every, after.evaluation.every),
      problems: stays(document.evaluation.problems, before.evaluation.problems, after.evaluation.problems),
    },
    data: {
      ...data,
      task: after.data.task,
      difficulty: moves
        ? after.data.difficulty
        : stays(data.difficulty, before.data.difficulty, after.data.difficulty),
      trees: stays(data.trees, before.data.trees, after.data.trees),
      maxTokens: stays(data.maxTokens, before.data.maxTokens, after.data.maxTokens),
    },
  };
};

/**
 * The model that another method is to be tried on: its own where the present one is the old method's own, or is none of a world that
 * the new one's data can be made in; else the present one.
 */
export const modelFor = (document: RunDocument, from: MethodInfo | undefined, to: MethodInfo): string => {
  const { model, data } = document;
  const card = worldOfModel(model);
  if (data.dataset || !card) return model;
  const own = defaultRun(to);
  const untouched = from !== undefined && model === defaultRun(from).model;
  const needs = to.sources[0]?.labels ?? [];
  return untouched || !needs.every((label) => card.labels.includes(label)) ? own.model : model;
};

/** The document on another built-in model, in that model's world. */
export const onModel = (
  document: RunDocument,
  method: MethodInfo | undefined,
  model: string,
): RunDocument => {
  const card = worldOfModel(model);
  if (!method || !card || card.id === document.data.task) return { ...document, model };
  return fromDefaults(document, defaultRun(method, document.model), defaultRun(method, model));
};
