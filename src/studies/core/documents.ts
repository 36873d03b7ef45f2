import type { MethodInfo } from '../../train/method-info';
import { defaultRun, parseRun, type RunDocument } from '../../train/run-document';
import { createSha256 } from '../../util/sha256';
import type { Arm, Fields, Study } from './study';

type Tree = { [key: string]: unknown };

const put = (document: Tree, path: string, value: unknown) => {
  const keys = path.split('.');
  let owner = document;
  for (const key of keys.slice(0, -1)) owner = owner[key] as Tree;
  owner[keys.at(-1)!] = value;
};

/**
 * The run document of an arm with a seed, checked.
 * @param more changes after the arm's own
 * @throws RunDocumentError; Error where the study is on an experiment, or names no method of the catalogue
 */
export const documentOf = (
  { id, on }: Study,
  arm: Arm,
  seed: number,
  methods: readonly MethodInfo[],
  more: Fields = {},
): RunDocument => {
  if (!('model' in on)) throw new Error(`${id} trains no language model, and has no run documents.`);
  const method = methods.find((each) => each.id === arm.method);
  if (!method) throw new Error(`${id}: arm ${arm.id} names no method of the catalogue (${arm.method}).`);
  const document = structuredClone(defaultRun(method, on.model));
  // Looked at once before and once after; no checkpoints, no probe: none of these changes a number.
  const plain = { 'evaluation.every': 0, checkpointEvery: 0, 'probe.pairs': 0 };
  for (const [path, value] of Object.entries({ ...plain, ...on.set, ...arm.set, ...more, seed }))
    put(document as unknown as Tree, path, value);
  return parseRun(document, methods);
};

/** A value without what is empty in it: fields that documents were given later and that this one makes no use of. */
const withoutEmpty = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)] as const);
  const empty = (inner: unknown) =>
    inner === null || (typeof inner === 'object' && Object.keys(inner as object).length === 0);
  return Object.fromEntries(
    entries.filter(([, inner]) => !empty(inner)).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
};

/** 16 hexadecimal digits of the SHA-256 of values, whatever the order of their fields. */
export const keyOf = (...values: readonly unknown[]): string => {
  const hash = createSha256();
  hash.update(new TextEncoder().encode(JSON.stringify(values.map(withoutEmpty))));
  return hash.hex().slice(0, 16);
};

/** What of a document decides numbers: not which device computes, nor the seed, which stands beside it. */
export const documentKey = ({ backend: _b, seed: _s, ...document }: RunDocument): string => keyOf(document);

/** Names everything that a verdict rests on: another value, and what was found no longer speaks for this study. */
export const definitionKey = ({
  claim,
  on,
  arms,
  measure,
  direction,
  interest,
  exact,
  seeds,
  also = [],
}: Study): string =>
  keyOf(
    { claim, on, direction, interest, exact: exact ?? false, seeds },
    { measures: [measure, ...also].map(({ id }) => id) },
    { arms: arms.map(({ id, method, set, reads }) => ({ id, method, set, reads })) },
  );
