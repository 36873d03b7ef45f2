// The options of `npm run train`, and where each stands in a run document.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readParam, splitPair } from './read-param.mjs';
import { UsageError } from './usage-error.mjs';

export const backends = ['auto', 'webgpu', 'wasm', 'cpu'];

const data = (...path) => ['data', 'dataset', 'settings', ...path];

/**
 * Option, place in the run document, and kind of value.
 * @type {[string, string[], 'text' | 'number' | 'length' | 'list' | 'switch' | 'source'][]}
 */
const fields = [
  ['model', ['model'], 'text'],
  ['steps', ['steps'], 'number'],
  ['batch-size', ['batchSize'], 'number'],
  ['accumulate', ['accumulate'], 'number'],
  ['lr', ['optimizer', 'learningRate'], 'number'],
  ['checkpointing', ['checkpointing'], 'switch'],
  ['source', ['data', 'source'], 'source'],
  ['trees', ['data', 'trees'], 'number'],
  ['task', ['data', 'task'], 'text'],
  ['difficulty', ['data', 'difficulty'], 'text'],
  ['max-tokens', ['data', 'maxTokens'], 'number'],
  ['eval-problems', ['evaluation', 'problems'], 'number'],
  ['eval-every', ['evaluation', 'every'], 'number'],
  ['seed', ['seed'], 'number'],
  ['backend', ['backend'], 'text'],
  ['weights', ['weights'], 'text'],
  ['rank', ['adapter', 'rank'], 'number'],
  ['alpha', ['adapter', 'alpha'], 'number'],
  ['lora-dropout', ['adapter', 'dropout'], 'number'],
  ['rslora', ['adapter', 'rsLora'], 'switch'],
  ['target-modules', ['adapter', 'targetModules'], 'list'],
  ['reference', ['adapter', 'reference'], 'text'],
  ['format', data('format'), 'text'],
  ['encoding', data('encoding'), 'text'],
  ['template', data('template'), 'text'],
  ['plain-rows', data('plainRows'), 'text'],
  ['turns', data('turns'), 'text'],
  ['system', data('system'), 'text'],
  ['bos', data('bos'), 'text'],
  ['steps-rule', data('steps', 'rule'), 'text'],
  ['steps-pattern', data('steps', 'pattern'), 'text'],
  ['max-length', data('maxLength'), 'length'],
  ['max-prompt-length', data('maxPromptLength'), 'length'],
  ['held-out', data('heldOut'), 'number'],
  ['limit', data('limit'), 'length'],
  ['pairs-per-row', data('pairsPerRow'), 'number'],
  ['pair-unpaired', data('pairUnpaired'), 'switch'],
];

/** Options of the run that are not one field of its document. */
const given = {
  revision: 'text',
  file: 'text',
  hub: 'text',
  method: 'text',
  compare: 'text',
  preset: 'text',
  run: 'text',
  param: 'texts',
  wrap: 'texts',
  lora: 'switch',
  adapter: 'text',
  data: 'texts',
  'data-file': 'text',
  choices: 'text',
  map: 'texts',
  label: 'texts',
  check: 'switch',
  estimate: 'switch',
  force: 'switch',
};

const others = {
  out: 'text',
  export: 'text',
  dtype: 'text',
  json: 'text',
  logits: 'text',
  chat: 'texts',
  store: 'text',
  resume: 'switch',
};

const optionOf = (kind) => {
  if (kind === 'switch') return /** @type {const} */ ({ type: 'boolean' });
  return /** @type {const} */ ({ type: 'string', multiple: kind === 'texts' });
};

/** The values of --data, with those that a shell has put behind one in place of a pattern. */
const dataValues = (tokens) => {
  const files = [];
  let behindData = false;
  for (const token of tokens) {
    if (token.kind === 'positional' && !behindData) {
      throw new UsageError(`"${token.value}" belongs to no option.`);
    }
    if (token.kind === 'option') behindData = token.name === 'data';
    if (behindData) files.push(token.value);
  }
  return files;
};

/** @returns {Record<string, any>} */
export const readOptions = () => {
  const kinds = [...fields.map(([name, , kind]) => [name, kind]), ...Object.entries({ ...given, ...others })];
  try {
    const { values, tokens } = parseArgs({
      options: {
        ...Object.fromEntries(kinds.map(([name, kind]) => [name, optionOf(kind)])),
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
      tokens: true,
    });
    const all = /** @type {Record<string, any>} */ (values);
    const files = dataValues(tokens);
    return { ...all, ...(all.data && { data: files }) };
  } catch (error) {
    throw new UsageError(`${error.message}\nSee npm run train -- --help.`);
  }
};

const number = (text, flag) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(`${flag}: "${text}" is not a number.`);
  return value;
};

const parsed = (given, kind, flag) => {
  if (kind === 'source') return { id: given };
  if (kind === 'number') return number(given, flag);
  if (kind === 'length') return given === 'none' ? null : number(given, flag);
  if (kind !== 'list') return given;
  return given
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
};

/**
 * The values that the options put into the document.
 * @param {Record<string, any>} options
 * @param {any} document of --run, unchecked
 */
export const readChanges = (options, document) => {
  /** @type {{ path: string[], value: unknown }[]} */
  const set = [];
  if ((options.lora || options.adapter !== undefined) && !document?.adapter)
    set.push({ path: ['adapter'], value: {} });
  for (const [name, path, kind] of fields) {
    if (options[name] !== undefined) set.push({ path, value: parsed(options[name], kind, `--${name}`) });
  }
  for (const id of options.wrap ?? []) set.push({ path: ['data', 'wrappers', id], value: {} });
  for (const pair of options.param ?? []) {
    const [name, value] = readParam(pair);
    set.push({ path: ['method', 'params', name], value });
  }
  /** @type {Record<string, string[]>} */
  const words = {};
  for (const pair of options.label ?? []) {
    const at = pair.lastIndexOf('=');
    if (at < 1) throw new UsageError(`--label: "${pair}" is not WORD=MEANING.`);
    const meaning = pair.slice(at + 1);
    words[meaning] = [...(words[meaning] ?? []), pair.slice(0, at)];
  }
  for (const [meaning, list] of Object.entries(words))
    set.push({ path: data('labels', meaning), value: list });
  for (const pair of options.map ?? []) {
    const [part, column] = splitPair(pair, '--map', 'PART=COLUMN');
    const value = part === 'solutions' ? column.splitPair(',').map((name) => name.trim()) : column;
    set.push({ path: data('mapping', part), value });
  }
  return set;
};

const oneOf = (options, name, allowed) => {
  if (options[name] !== undefined && !allowed.includes(options[name])) {
    throw new UsageError(`--${name}: "${options[name]}" is not known; use one of ${allowed.join(', ')}.`);
  }
};

const checkResume = (options) => {
  if (!options.store) throw new UsageError('--resume: give the folder that holds the run with --store DIR.');
  if (!existsSync(join(options.store, 'address.json')))
    throw new UsageError(`--store: there is no stored run in "${options.store}".`);
  const idle = [...fields.map(([name]) => name), ...Object.keys(given)].find(
    (name) => options[name] !== undefined && name !== 'backend',
  );
  if (idle) throw new UsageError(`--${idle}: a resumed run keeps its own document; leave this option out.`);
};

/** The source that gives choices between images. */
const OWN_CHOICES = 'own-choices';

/** Options that mean something only beside another. */
const checkCompany = (options, document) => {
  const adapter = options.lora || options.adapter !== undefined || document?.adapter;
  const dataset = options.data !== undefined || document?.data?.dataset;
  const first = (names) => names.find((name) => options[name] !== undefined);
  const of = (prefix) => fields.filter(([, path]) => path.join('.').startsWith(prefix)).map(([name]) => name);
  const lone = adapter ? undefined : first(of('adapter.'));
  if (lone) throw new UsageError(`--${lone}: is a setting of an adapter; add --lora.`);
  if (options.adapter !== undefined) {
    const own = first(['rank', 'alpha', 'rslora', 'target-modules']);
    if (own)
      throw new UsageError(`--${own}: --adapter goes on with the adapter's own; leave this option out.`);
  }
  const blind = dataset ? undefined : first([...of('data.dataset.'), 'map', 'label', 'check', 'data-file']);
  if (blind) throw new UsageError(`--${blind}: give the examples with --data FILE.`);
  if (options.choices !== undefined) {
    if (dataset) throw new UsageError('--choices: are the examples of the run; leave out --data.');
    if (options.source !== undefined && options.source !== OWN_CHOICES)
      throw new UsageError(
        `--source: --choices are learned from by ${OWN_CHOICES}; leave out --source, or --choices.`,
      );
  }
  if (options.run !== undefined && options.preset !== undefined) {
    throw new UsageError(
      '--preset: a run document has its settings already; leave out --run, or this option.',
    );
  }
  if (!options.model && first(['revision', 'file'])) {
    throw new UsageError(`--${first(['revision', 'file'])}: is about a model; give it with --model.`);
  }
};

/**
 * What can be told to be wrong before anything is started.
 * @param {Record<string, any>} options
 * @param {any} document of --run, unchecked
 */
export const checkOptions = (options, document) => {
  if (options.backend !== undefined && !backends.includes(options.backend)) {
    throw new UsageError(
      `--backend: "${options.backend}" is not a backend; use one of ${backends.join(', ')}.`,
    );
  }
  oneOf(options, 'export', ['adapter', 'model', 'both']);
  oneOf(options, 'dtype', ['F32', 'F16', 'BF16']);
  for (const name of ['export', 'dtype']) {
    if (options[name] !== undefined && options.out === undefined)
      throw new UsageError(`--${name}: say where to with --out DIR.`);
  }
  if (options.resume) checkResume(options);
  else checkCompany(options, document);
};

/** The option that sets a field of the document, as a person would write it; undefined where there is none. */
export const flagOf = (field) => {
  if (field === 'method.id') return '--method';
  if (field === 'preset') return '--preset';
  for (const owner of ['method.params.', 'data.source.params.']) {
    if (field.startsWith(owner)) return `--param ${field.slice(owner.length)}`;
  }
  const wrapper = /^data\.wrappers\.[^.]+(?:\.(.+))?$/.exec(field);
  if (wrapper) return wrapper[1] ? `--param ${wrapper[1]}` : '--wrap';
  if (field.startsWith('data.dataset.settings.mapping')) return '--map';
  if (field.startsWith('data.dataset.settings.labels')) return '--label';
  const known = fields.find(([, path]) => field === path.join('.') || field.startsWith(`${path.join('.')}.`));
  if (known) return `--${known[0]}`;
  return field === 'adapter' ? '--lora' : undefined;
};

/** A sentence of the engine's, with the options in place of the fields that it names. */
export const inOptions = (text) =>
  text
    .replace(/\bmapping\.(\w+)/g, '--map $1=COLUMN')
    .replace('a token of that account given here', '$& in the environment variable HF_TOKEN')
    .replace(/^targetModules:/, '--target-modules:')
    .replace(/\bname (its|another) encoding\b/, '$& with --encoding')
    .replace('set format to', 'name with --format')
    .replace(/say which labels mean (\w+) and which \w+/, '$&, as --label good=$1')
    .replace('Set pairUnpaired to pair', 'Use --pair-unpaired to pair')
    .replace(/\bset (bos|template) to "(\w+)"/gi, 'use --$1 $2');
