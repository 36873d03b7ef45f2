import { worldOfModel } from '../../tasks/cards';
import type { MethodInfo } from '../../train/method-info';
import { defaultRun, type RunDocument } from '../../train/run-document';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What is as `before` has it becomes as `after` has it, field by field; everything else stays. */
const moved = (now: unknown, before: unknown, after: unknown): unknown => {
  if (same(now, before)) return after;
  if (!isFields(now) || !isFields(before) || !isFields(after)) return now;
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => [key, moved(value, before[key], after[key])]),
  );
};

/**
 * The document with what it has from the defaults `before` as the defaults `after` have it; what was changed stays. A world goes
 * with its model and its difficulty.
 */
export const fromDefaults = (document: RunDocument, before: RunDocument, after: RunDocument): RunDocument => {
  const next = moved(document, before, after) as RunDocument;
  const { task, difficulty } = after.data;
  const elsewhere = task !== document.data.task;
  return {
    ...next,
    model: after.model,
    data: { ...next.data, task, ...(elsewhere && { difficulty }) },
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
