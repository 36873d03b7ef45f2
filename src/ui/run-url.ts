/**
 * The run document in the URL: `#method.id=dpo&method.params.beta=0.2&steps=50`, the fields that differ from the
 * defaults, each by its path, readable and editable by hand. Nothing is "null", yes and no are "true" and "false", lists
 * are joined by commas (a comma inside an item has a backslash before it). `#run=<JSON>` is read as well. What stands beside
 * the document in an address is in place.ts; `start=1` asks to train at once.
 */
import { labelMeanings } from '../data/formats/labels';
import { defaultDatasetSettings } from '../data/settings';
import { defaultAdapter, type RunDocument } from '../train/run-document';
import { partHash } from './place';

const settings = 'data.dataset.settings';

/** Fields that are text whatever they look like. */
const textFields = new Set([
  'model',
  'weights',
  'adapter.reference',
  'method.id',
  'data.source.id',
  'data.task',
  'data.difficulty',
  'data.dataset.id',
  ...[
    'format',
    'encoding',
    'template',
    'plainRows',
    'turns',
    'system',
    'bos',
    'truncationMode',
    'annotations',
    'rankedPairs',
  ].map((name) => `${settings}.${name}`),
  `${settings}.steps.rule`,
  `${settings}.steps.pattern`,
  'schedule.kind',
  'backend',
]);

const listFields = new Set([
  'adapter.targetModules',
  `${settings}.mapping.solutions`,
  ...labelMeanings.map((meaning) => `${settings}.labels.${meaning}`),
]);

/** Text, or nothing. */
const nullableTextFields = new Set(['adapter.from']);

const isText = (field: string) => textFields.has(field) || field.startsWith(`${settings}.mapping.`);

/** Items as a text with commas between them. */
export const joined = (items: readonly unknown[]): string =>
  items.map((item) => String(item).replace(/[\\,]/g, '\\$&')).join(',');

/** The items of such a text. */
export const parted = (text: string): string[] =>
  text === ''
    ? []
    : (text.match(/(?:\\.|[^,\\]|\\$)+/gsu) ?? []).map((item) => item.replace(/\\(.)/gsu, '$1'));

const flatten = (value: object, prefix = ''): [string, string][] =>
  Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, string][] => {
    if (inner === undefined) return [];
    if (Array.isArray(inner)) return [[prefix + key, joined(inner)]];
    if (typeof inner === 'object' && inner !== null) return flatten(inner, `${prefix}${key}.`);
    return [[prefix + key, String(inner)]];
  });

/** Half a surrogate pair, which no address can hold. */
const halves = /\p{Surrogate}/gu;

/** `base` with the parts that `document` has and it has not, such as an adapter, as they are when nothing is said of them. */
const counterpart = (document: RunDocument, base: RunDocument) => ({
  ...base,
  adapter: document.adapter && (base.adapter ?? defaultAdapter()),
  data: {
    ...base.data,
    // A dataset takes the source's place without being told to.
    source: document.data.source && base.data.source,
    dataset: document.data.dataset && (base.data.dataset ?? { id: '', settings: defaultDatasetSettings() }),
  },
});

/**
 * The document as a hash, without the `#`: the fields that differ from `base`, which is what an address that is silent
 * about them means. A part that `base` has not is named by at least one field.
 */
export const writeHash = (document: RunDocument, base: RunDocument): string => {
  const known = new Map(flatten(counterpart(document, base)));
  const named = document.adapter && !base.adapter ? 'adapter.rank' : undefined;
  return flatten(document)
    .filter(([key, value]) => key === named || known.get(key) !== value)
    .map(([key, value]) => `${key}=${encodeURIComponent(value.replace(halves, '\ufffd'))}`)
    .join('&');
};

type Fields = { [key: string]: unknown };

/** What reads as a number, nothing, yes or no is that; the rest stays text, for the validator to name. */
const readValue = (field: string, text: string): unknown => {
  if (listFields.has(field)) return parted(text);
  if (isText(field)) return text;
  if (text === 'null') return null;
  if (nullableTextFields.has(field)) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
};
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const assign = (target: Fields, path: readonly string[], value: unknown) => {
  let at = target;
  for (const part of path.slice(0, -1)) {
    if (!Object.hasOwn(at, part) || !isFields(at[part])) at[part] = Object.create(null) as Fields;
    at = at[part] as Fields;
  }
  at[path.at(-1)!] = value;
};

export interface HashContents {
  /** Fields as given, not validated; undefined when the hash holds no configuration. */
  fields: Fields | undefined;
  start: boolean;
  /** The section to go to; empty when none is named. */
  at: string;
}

/** Fields by their paths as an object. @throws SyntaxError when `run=` is not JSON */
export const readFields = (given: readonly (readonly [string, string])[]): Fields => {
  // Objects without a prototype: a field named "__proto__" is then an unknown field like any other.
  const fields = Object.create(null) as Fields;
  for (const [key, text] of given) {
    if (key !== 'run') {
      assign(fields, key.split('.'), readValue(key, text));
      continue;
    }
    let whole: unknown;
    try {
      whole = JSON.parse(text);
    } catch (error) {
      throw new SyntaxError(`run: is not JSON (${error instanceof Error ? error.message : 'unreadable'})`);
    }
    if (!isFields(whole)) throw new SyntaxError('run: should be a JSON object, a whole run document');
    Object.assign(fields, whole);
  }
  return fields;
};

/** @throws SyntaxError when `run=` is not JSON */
export const readHash = (hash: string): HashContents => {
  const { document: given, start, place } = partHash(hash);
  const { at } = place;
  if (given.length === 0) return { fields: undefined, start, at };
  return { fields: readFields(given), start, at };
};

/** `fields` laid over `base`, deeply; fields that `base` has not are kept, so that the validator sees them. */
export const overlay = (base: unknown, fields: unknown): unknown => {
  if (!isFields(base) || !isFields(fields)) return fields === undefined ? base : fields;
  const merged = Object.assign(Object.create(null) as Fields, base);
  for (const key of Object.keys(fields)) {
    merged[key] = overlay(Object.hasOwn(base, key) ? base[key] : undefined, fields[key]);
  }
  return merged;
};
