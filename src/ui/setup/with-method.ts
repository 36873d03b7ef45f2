import type { ParamSpecs, Params, ParamValue } from '../../methods/params';
import { defaultParams, paramProblem } from '../../methods/params';
import { standIn } from '../../tasks/cards';
import type { MethodInfo, SourceInfo } from '../../train/method-info';
import { defaultRun, type RunDocument } from '../../train/run-document';
import { fromDefaults, modelFor } from './with-world';

const sameKind = (specs: ParamSpecs, others: ParamSpecs, key: string) =>
  Object.hasOwn(specs, key) && Object.hasOwn(others, key) && specs[key]!.kind === others[key]!.kind;

/**
 * The defaults of `to`, with the values that were changed from those of `from` and that `to` has and allows.
 * @param usual defaults of both, where a method's default run has others than its parameters
 */
const kept = (
  from: { params: ParamSpecs },
  values: Params,
  to: { params: ParamSpecs },
  usual: { from: Params; to: Params } = { from: defaultParams(from), to: defaultParams(to) },
): Record<string, ParamValue> => {
  const params = { ...usual.to };
  for (const [key, value] of Object.entries(values)) {
    if (!sameKind(from.params, to.params, key)) continue;
    const changed = usual.from[key] !== value;
    if (changed && paramProblem(to.params[key]!, value) === undefined) params[key] = value;
  }
  return params;
};

/** The source as it is where the method can train on it and somebody chose or changed it; else the method's own. */
const sourceFor = (
  document: RunDocument,
  from: MethodInfo | undefined,
  to: MethodInfo,
  own: RunDocument['data']['source'],
) => {
  const { source } = document.data;
  const named = ({ sources }: MethodInfo): SourceInfo | undefined =>
    sources.find(({ id }) => id === source?.id);
  const [before, after] = [from && named(from), named(to)];
  if (!source || !from || !before || !after) return own;
  const chosen = source.id !== from.sources[0]?.id;
  if (!chosen && source.id !== own?.id) return own;
  return { id: source.id, params: kept(before, source.params, after) };
};

/** The wrappers that were chosen and can stand around this method's data too, and its own. */
export const wrappersFor = ({ data }: RunDocument, from: MethodInfo | undefined, to: MethodInfo) => {
  const chosen = Object.entries(data.wrappers).filter(
    ([id]) => to.wrappers.some((w) => w.id === id) && !Object.hasOwn(from?.defaults.wrappers ?? {}, id),
  );
  return { ...to.defaults.wrappers, ...Object.fromEntries(chosen) };
};

/**
 * The document with another method; a model that draws and was brought stays where the method is one on images. What was left at the defaults of the method before gets the defaults of this one; what was
 * changed stays where it still fits.
 */
export const withMethod = (
  document: RunDocument,
  from: MethodInfo | undefined,
  to: MethodInfo,
): RunDocument => {
  const model = standIn(document);
  const next = onBuiltIn({ ...document, model }, from, to);
  return next.model === model ? { ...next, model: document.model } : next;
};

/** The same of a document on a built-in model, or one whose model no world knows. */
const onBuiltIn = (document: RunDocument, from: MethodInfo | undefined, to: MethodInfo): RunDocument => {
  const fresh = defaultRun(to, modelFor(document, from, to));
  const before = from && defaultRun(from, document.model);
  const moved = before ? fromDefaults(document, before, fresh) : document;
  const usual = before && { from: before.method.params, to: fresh.method.params };
  return {
    ...moved,
    method: {
      id: to.id,
      params: from ? kept(from, document.method.params, to, usual) : fresh.method.params,
    },
    data: {
      ...moved.data,
      source: sourceFor(document, from, to, fresh.data.source),
      wrappers: wrappersFor(document, from, to),
    },
  };
};
