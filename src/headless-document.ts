/** The run document of a command line: a file's or a method's defaults, with the options put in. */

import type { Brought } from './headless-bring';
import { GivenError } from './headless-bring';
import type { MethodInfo, RunDocument, Trainer } from './index';
import { defaultRun, parseRun, RunDocumentError, withPreset } from './index';
import { ownChoices } from './sources/own-choices';
import { worldProblems, worlds } from './tasks/cards';
import { notAMethod } from './util/not-a-method';

type Fields = Record<string, unknown>;

export interface DocumentInput {
  /** Method whose defaults to take; wins over the file's. */
  method?: string;
  /** Named settings of the method, laid over its defaults; not beside a file. */
  preset?: string;
  /** A run document to start from, unchecked. */
  file?: Fields;
  /** Values to put into the document. */
  set: { path: string[]; value: unknown }[];
  /** What will be brought, and therefore replaced. */
  bring: { model?: unknown; data?: unknown; adapter?: unknown; choices?: unknown };
}

/** Stands in the draft for what has not been read yet. */
const PENDING = 'pending';

const setField = (document: Fields, path: readonly string[], value: unknown) => {
  let owner = document;
  for (const key of path.slice(0, -1)) {
    if (typeof owner[key] !== 'object' || owner[key] === null) owner[key] = {};
    owner = owner[key] as Fields;
  }
  owner[path[path.length - 1]!] = value;
};

/** Loss and rewards of held-out rows cost little, but for large models more than answers do for small ones. */
const heldOutRows = { every: 0, problems: 100 };

/** The model that the options name, or that of the world that they name. */
const modelNamed = (set: DocumentInput['set']): string | undefined => {
  const given = (field: string) => set.find(({ path }) => path.join('.') === field)?.value;
  const [model, task] = [given('model'), given('data.task')];
  if (typeof model === 'string') return model;
  return worlds.find(({ id }) => id === task)?.models[0]?.id;
};

/** @throws RunDocumentError naming the presets that there are */
const withNamedPreset = (method: MethodInfo, fresh: RunDocument, id: string | undefined): RunDocument => {
  if (id === undefined) return fresh;
  const preset = method.presets.find((p) => p.id === id);
  if (preset) return withPreset(fresh, method, preset);
  const known = method.presets.map((p) => p.id).join(', ');
  throw new RunDocumentError([
    { field: 'preset', message: `"${id}" is no preset of ${method.name}; use one of ${known}` },
  ]);
};

/**
 * The document before anything that is brought has been read: its fields are checked, its ids stand open.
 * @throws RunDocumentError
 */
export const documentFrom = (methods: readonly MethodInfo[], input: DocumentInput): RunDocument => {
  const { method, file, set, bring } = input;
  const inFile = (file?.['method'] as { id?: unknown } | undefined)?.id;
  const id = method ?? (file ? inFile : 'step-dpo');
  const known = methods.find((m) => m.id === id);
  if (!known) {
    if (file && method === undefined) parseRun(file, methods); // says what else is wrong with it
    const message = notAMethod(
      id,
      methods.map((m) => m.id),
    );
    throw new RunDocumentError([{ field: 'method.id', message }]);
  }
  if (bring.choices && !known.sources.some(({ id: own }) => own === ownChoices.id)) {
    const others = methods.filter(({ sources }) => sources.some(({ id: own }) => own === ownChoices.id));
    throw new GivenError(
      `--choices: ${known.name} does not train on pairs of images; use ${others.map((m) => m.id).join(' or ')}.`,
    );
  }
  const fresh = defaultRun(known, file ? undefined : modelNamed(set));
  const document: Fields = file ? structuredClone(file) : { ...withNamedPreset(known, fresh, input.preset) };
  // Another method than the file's has other parameters.
  if (file && method !== undefined && method !== inFile) {
    document['method'] = fresh.method;
    document['data'] = { ...(document['data'] as Fields), source: fresh.data.source };
  }
  if (bring.data && !file) {
    document['evaluation'] = heldOutRows;
    // A preset's noise is not for a person's labels; what the method itself has around its data is.
    document['data'] = { ...(document['data'] as Fields), wrappers: fresh.data.wrappers };
  }
  if (bring.model) setField(document, ['model'], PENDING);
  if (bring.data) setField(document, ['data', 'dataset', 'id'], PENDING);
  for (const { path, value } of set) setField(document, path, value);
  if (bring.choices) setField(document, ['data', 'source'], { id: ownChoices.id, params: { set: PENDING } });
  return parseRun(document, methods);
};

/** The draft with the ids of what was brought, and with the weights as a packed file has them. */
export const applyBrought = (
  methods: readonly MethodInfo[],
  draft: RunDocument,
  brought: Brought,
  { file, set }: DocumentInput,
): RunDocument => {
  const document = structuredClone(draft);
  const { model, data, adapter, choices } = brought;
  if (model) document.model = model.id;
  if (data && document.data.dataset) document.data.dataset.id = data.id;
  if (adapter && document.adapter) {
    const { id: from, rank, alpha, targetModules } = adapter;
    document.adapter = { ...document.adapter, from, rank, alpha, targetModules };
  }
  if (choices) {
    const asked = (field: string) => set.some(({ path }) => path.join('.') === field);
    const { data } = document;
    data.source = { id: ownChoices.id, params: { set: choices.id } };
    data.trees = asked('data.trees') ? Math.min(data.trees, choices.pairs) : choices.pairs;
    if (!asked('batchSize')) document.batchSize = Math.min(document.batchSize, data.trees);
  }
  const told = file?.['weights'] !== undefined || set.some(({ path }) => path[0] === 'weights');
  const stored = model?.details?.stored;
  if (document.adapter && !told && (stored === 'packed' || stored === 'half')) document.weights = 'file';
  return parseRun(document, methods);
};

/** @throws RunDocumentError when the document names what is not stored here, with the option that gives it */
export const checkIds = async (trainer: Trainer, document: RunDocument): Promise<void> => {
  const problems: { field: string; message: string }[] = [];
  const missing = (field: string, id: string, option: string) =>
    problems.push({ field, message: `"${id}" is not stored here; give it with ${option}` });
  const { dataset } = document.data;
  if (dataset && !(await trainer.datasets()).some(({ id }) => id === dataset.id)) {
    missing('data.dataset.id', dataset.id, '--data FILE');
  }
  const { source } = document.data;
  if (source?.id === ownChoices.id && source.params['set'] === '')
    problems.push({
      field: 'data.source',
      message: 'takes choices between images; give them with --choices FILE',
    });
  const from = document.adapter?.from;
  if (from && !(await trainer.adapters()).some(({ id }) => id === from)) {
    missing('adapter.from', from, '--adapter DIR');
  }
  problems.push(...worldProblems(document));
  const models = await trainer.models();
  if (!models.some(({ id }) => id === document.model)) {
    const known = models.map(({ id }) => id).join(', ');
    problems.push({
      field: 'model',
      message: `"${document.model}" is not a model here; use one of ${known}, a folder, a GGUF file or owner/name on the hub`,
    });
  }
  if (problems.length > 0) throw new RunDocumentError(problems);
};
