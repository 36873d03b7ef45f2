/** What the arms of a comparison have in common and what they have not, from their documents. */
import { pathOfSymbol, symbolsOf } from '../../methods/symbols';
import type { MethodInfo } from '../../train/method-info';
import type { RunDocument } from '../../train/run-document';
import { letters } from './arms';

/** Something that is set for a run: its name, what decides whether two are the same, and how it is said. */
export interface Setting {
  name: string;
  of(document: RunDocument): unknown;
  say(document: RunDocument): string;
}

export interface Sameness {
  alike: { name: string; said: string }[];
  /** Each with what it is in every arm, in their order. */
  unlike: { name: string; said: string[] }[];
}

/** Fields of a document by their paths. */
const leaves = (value: unknown, path = ''): [string, string][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key))
    : [[path, JSON.stringify(value) ?? '']];

/**
 * @param settings what is named one by one
 * @param covered beginnings of the paths that these, and the method, stand for; other fields are named by their paths where
 * they differ
 */
export const sameness = (
  documents: readonly RunDocument[],
  settings: readonly Setting[],
  covered: readonly string[],
): Sameness => {
  const [first] = documents;
  if (!first) return { alike: [], unlike: [] };
  const isAlike = ({ of }: Setting) =>
    documents.every((each) => JSON.stringify(of(each)) === JSON.stringify(of(first)));
  const all = documents.map((document) => new Map(leaves(document)));
  const paths = [...new Set(all.flatMap((fields) => [...fields.keys()]))].filter(
    (path) => !covered.some((part) => path === part || path.startsWith(`${part}.`)),
  );
  return {
    alike: settings.filter(isAlike).map(({ name, say }) => ({ name, said: say(first) })),
    unlike: [
      ...settings
        .filter((setting) => !isAlike(setting))
        .map(({ name, say }) => ({ name, said: documents.map(say) })),
      ...paths
        .filter((name) => all.some((fields) => fields.get(name) !== all[0]!.get(name)))
        .map((name) => ({ name, said: all.map((fields) => fields.get(name) ?? 'none') })),
    ],
  };
};

/** Arms that share a value, by it: "A and C 1, B 2". */
export const byArm = (said: readonly string[]): string => {
  const texts = [...new Set(said)];
  if (texts.length === 1) return `${texts[0]}, each with settings of its own`;
  return texts
    .map((text) => {
      const names = said.flatMap((each, i) => (each === text ? [letters[i]!.toUpperCase()] : []));
      return `${names.join(names.length === 2 ? ' and ' : ', ')} ${text}`;
    })
    .join('; ');
};

const means = ['pair.meanMargin', 'chosen.mean', 'rejected.mean'];
const sums = ['pair.margin', 'chosen.logRatio', 'rejected.logRatio'];
/** Beta over the length of an answer. */
const divides = /\\beta(?:\}\{|\\frac\{S_w\}\{)\|y_w\|/;

/** Whether a method's formula takes sums over an answer's tokens or means; undefined where it takes both, or neither. */
const takes = (info: MethodInfo, { method: { params } }: RunDocument): 'sum' | 'mean' | undefined => {
  const paths = symbolsOf(info).map((symbol) => pathOfSymbol(symbol, params));
  const has = (of: readonly string[]) => paths.some((path) => path !== undefined && of.includes(path));
  if (divides.test(info.tex)) return 'mean';
  return has(means) === has(sums) ? undefined : has(means) ? 'mean' : 'sum';
};

/** Names of the methods whose beta multiplies a sum, and of those where it multiplies a mean; where there are both. */
export const betasOf = (
  documents: readonly RunDocument[],
  methodOf: (id: string) => MethodInfo | undefined,
): { sum: string[]; mean: string[] } | undefined => {
  const found = { sum: new Set<string>(), mean: new Set<string>() };
  for (const document of documents) {
    const info = methodOf(document.method.id);
    const kind = info && 'beta' in info.params ? takes(info, document) : undefined;
    if (info && kind) found[kind].add(info.name);
  }
  const { sum, mean } = found;
  return sum.size > 0 && mean.size > 0 ? { sum: [...sum], mean: [...mean] } : undefined;
};

/** A maker of data that every method of these takes though they have different ones now: the first arm's where all do. */
export const commonSource = (
  documents: readonly RunDocument[],
  methodOf: (id: string) => MethodInfo | undefined,
): { id: string; name: string } | undefined => {
  const ids = documents.map(({ data }) => data.source?.id);
  if (ids.some((id) => id === undefined) || new Set(ids).size < 2) return undefined;
  const suits = (id: string) =>
    documents.every(({ method }) => methodOf(method.id)?.sources.some((source) => source.id === id));
  const id = [...new Set(ids as string[])].find(suits);
  const source = methodOf(documents[0]!.method.id)?.sources.find((each) => each.id === id);
  return source && { id: source.id, name: source.name };
};
