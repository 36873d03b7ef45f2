import type { Method } from '../methods/method';
import type { ParamSpecs, Params } from '../methods/params';
import { defaultParams, paramProblem } from '../methods/params';
import type { Preset } from '../methods/preset';
import { standIn, worldCard, worldOfModel } from '../tasks/cards';
import type { MethodInfo, SourceInfo } from './method-info';
import type { RunDocument } from './run-document';
import { defaultRun } from './run-document';

const ours: Preset = {
  id: 'ours',
  name: 'Ours, for the built-in models',
  summary: 'The defaults: what suits models of a few hundred thousand parameters.',
};

/** Trees of a micro-batch at most, of a paper's large batch; the rest is accumulated. */
const MOST_AT_ONCE = 32;

const schedules = ['constant', 'linear', 'cosine'] as const;

/** A batch as micro-batches that fit and go into it whole. */
const partsOf = (batch: number) => {
  let size = Math.min(batch, MOST_AT_ONCE);
  while (batch % size !== 0) size--;
  return { batchSize: size, accumulate: batch / size };
};

const named = (key: string, value: number | string): string =>
  `${key.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)} ${typeof value === 'number' && value > 0 && value < 0.01 ? value.toExponential() : value}`;

/** The paper's settings as far as this program has them; the summary says what of them it has not. */
const ofPaper = (method: Pick<Method, 'params' | 'defaults'>, source: SourceInfo | undefined): Preset => {
  const taken: string[] = [];
  const left: string[] = [];
  const params: Record<string, number | string> = {};
  const ofSource: Record<string, number | string> = {};
  const run: Omit<Preset, 'id' | 'name' | 'summary'> = {};
  const fits = (specs: ParamSpecs | undefined, key: string, value: number | string) =>
    specs !== undefined && Object.hasOwn(specs, key) && paramProblem(specs[key]!, value) === undefined;
  const take = (key: string, value: number | string): boolean => {
    if (fits(method.params, key, value)) params[key] = value;
    else if (fits(source?.params, key, value)) ofSource[key] = value;
    else if (key === 'learningRate' && typeof value === 'number') run.learningRate = value;
    else if (key === 'batchSize' && typeof value === 'number') Object.assign(run, partsOf(value));
    else if (key === 'warmup' && typeof value === 'number') run.schedule = { ...run.schedule, warmup: value };
    else if (key === 'schedule' && schedules.some((kind) => kind === value))
      run.schedule = { ...run.schedule, kind: value as (typeof schedules)[number] };
    else return false;
    return true;
  };
  for (const [key, value] of Object.entries(method.defaults.paper))
    (take(key, value) ? taken : left).push(named(key, value));
  return {
    id: 'paper',
    name: 'The paper’s, for large models',
    summary: `${taken.join(', ')}. Made for models of billions of parameters: the built-in ones hardly move.${left.length > 0 ? ` Not set here: ${left.join(', ')}.` : ''}`,
    ...run,
    params,
    ...(source && Object.keys(ofSource).length > 0 && { source: { id: source.id, params: ofSource } }),
  };
};

/** Every preset of a method: its defaults, its paper's settings, and those that it has beside them. */
export const presetsOf = (
  method: Pick<Method, 'params' | 'defaults' | 'presets'>,
  source: SourceInfo | undefined,
): readonly Preset[] => [
  ours,
  ...(Object.keys(method.defaults.paper).length > 0 ? [ofPaper(method, source)] : []),
  ...(method.presets ?? []),
];

const completed = (owner: { params: ParamSpecs }, params: Params | undefined) => ({
  ...defaultParams(owner),
  ...params,
});

type Known = Pick<MethodInfo, 'id' | 'params' | 'defaults' | 'sources' | 'wrappers'>;

const sourceOf = (method: Known, { source }: Preset, own: RunDocument['data']['source']) => {
  const named = source && method.sources.find(({ id }) => id === source.id);
  return named ? { id: named.id, params: completed(named, source.params) } : own;
};

const wrappersOf = (method: Known, { wrappers = {} }: Preset) =>
  Object.fromEntries(
    method.wrappers
      .filter(({ id }) => Object.hasOwn(wrappers, id))
      .map((wrapper) => [wrapper.id, completed(wrapper, wrappers[wrapper.id])]),
  );

/** The model that a preset is for: that of its world, where the document's is another's. */
const modelFor = ({ model, data }: RunDocument, { task }: Preset): string => {
  if (task === undefined || data.dataset || worldOfModel(standIn({ model, data }))?.id === task) return model;
  return worldCard(task).models[0]!.id;
};

/**
 * A document with the settings of a preset: what a preset may set is at the method's defaults where it does not; everything else
 * (adapter, seed, evaluation, a file of one's own; model and world unless the preset is about another world) stays. Of a file the labels stay as they are.
 */
export const withPreset = (document: RunDocument, method: Known, preset: Preset): RunDocument => {
  const model = modelFor(document, preset);
  const fresh = defaultRun(method, standIn({ ...document, model }));
  const { data } = document;
  const { task, difficulty, maxTokens } = model === document.model ? data : fresh.data;
  return {
    ...document,
    model,
    method: { id: method.id, params: { ...fresh.method.params, ...preset.params } },
    data: {
      ...data,
      task,
      difficulty,
      maxTokens,
      trees: preset.trees ?? fresh.data.trees,
      source: data.dataset ? null : sourceOf(method, preset, fresh.data.source),
      wrappers: data.dataset ? {} : wrappersOf(method, preset),
    },
    optimizer: {
      ...document.optimizer,
      learningRate: preset.learningRate ?? fresh.optimizer.learningRate,
    },
    schedule: { ...fresh.schedule, ...preset.schedule },
    steps: preset.steps ?? fresh.steps,
    batchSize: preset.batchSize ?? fresh.batchSize,
    accumulate: preset.accumulate ?? fresh.accumulate,
  };
};

/** The preset whose settings a document has; undefined where something was changed. */
export const presetIn = (
  document: RunDocument,
  method: Known & Pick<MethodInfo, 'presets'>,
): Preset | undefined => {
  const text = (d: RunDocument) =>
    JSON.stringify([
      sorted(d.method.params),
      [d.data.task, d.data.difficulty],
      d.data.trees,
      d.data.source && [d.data.source.id, sorted(d.data.source.params)],
      Object.entries(d.data.wrappers).map(([id, params]) => [id, sorted(params)]),
      d.optimizer.learningRate,
      d.schedule,
      d.steps,
      d.batchSize,
      d.accumulate,
    ]);
  const own = text(document);
  return method.presets.find((preset) => text(withPreset(document, method, preset)) === own);
};

const sorted = (params: Params) => Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
