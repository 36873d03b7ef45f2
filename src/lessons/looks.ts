/** What lessons look at in the model of a run, at its end. Everything they give is plain JSON. */
import type { CreditView } from '../../workers/protocol';
import { pathOf } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import type { Look, Looker } from './lesson';

/** All characters that the built-in arithmetic is written in. */
const characters = [...'0123456789+-*=,:A\n'];

/** Tokens of the characters, each of which is one token of the built-in models. */
const alphabet = async (engine: Looker): Promise<Map<number, string>> => {
  const known = new Map<number, string>();
  for (const character of characters) {
    const ids = await engine.tokenize(character);
    if (ids.length === 1) known.set(ids[0]!, character);
  }
  return known;
};

const tokensTo = (tree: PreferenceTree, response: number): number[] =>
  pathOf(tree, tree.responses[response]!.leaf).flatMap((node) => tree.nodes[node]!.tokens);

interface Parting {
  tree: number;
  prefix: number[];
  chosen: number;
  rejected: number;
}

/** Where the two answers of a tree's first comparison part; undefined where one is the beginning of the other. */
const partingOf = (tree: PreferenceTree, index: number): Parting | undefined => {
  const [comparison] = tree.comparisons;
  if (!comparison) return undefined;
  const [a, b] = [tokensTo(tree, comparison.chosen), tokensTo(tree, comparison.rejected)];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const [chosen, rejected] = [a[at], b[at]];
  return chosen === undefined || rejected === undefined
    ? undefined
    : { tree: index, prefix: a.slice(0, at), chosen, rejected };
};

/** Probabilities of the next token where a pair parts, before training and now. */
export interface WhoGotIt {
  tree: number;
  /** The line so far. */
  line: string;
  chosen: string;
  rejected: string;
  /** The token that gained most; ties to the first. */
  winner: string;
  next: { text: string; before: number; now: number }[];
}

/** Pairs that are asked about; a look is to take a second. */
const most = 8;

/** Of the first pairs, where the answers part: the one in which a token that neither has gained most. */
export const whoGotIt: Look = async (engine): Promise<WhoGotIt | null> => {
  const known = await alphabet(engine);
  const { trees } = await engine.trees(0, most);
  const partings = trees
    .flatMap((tree, index) => partingOf(tree, index) ?? [])
    .filter(({ chosen, rejected }) => known.has(chosen) && known.has(rejected));
  if (partings.length === 0) return null;
  const sequences = partings.flatMap(({ prefix }) => [...known.keys()].map((id) => [...prefix, id]));
  const last = (rows: number[][]) => rows.map((row) => Math.exp(row.at(-1)!));
  const before = last(await engine.logProbs(sequences, 'reference'));
  const now = last(await engine.logProbs(sequences, 'policy'));
  const views = partings.map(({ tree, prefix, chosen, rejected }, i): WhoGotIt & { third: number } => {
    const next = [...known.values()].map((text, k) => ({
      text,
      before: before[i * known.size + k]!,
      now: now[i * known.size + k]!,
    }));
    const gain = ({ now, before }: WhoGotIt['next'][number]) => now - before;
    const [w, l] = [known.get(chosen)!, known.get(rejected)!];
    const third = Math.max(...next.filter(({ text }) => text !== w && text !== l).map(gain));
    const winner = next.reduce((best, each) => (gain(each) > gain(best) ? each : best)).text;
    const written = prefix.map((id) => known.get(id) ?? '').join('');
    const line = written.slice(written.lastIndexOf('\n') + 1);
    return { tree, line, chosen: w, rejected: l, winner, next, third };
  });
  const { third: _, ...found } = views.reduce((best, each) => (each.third > best.third ? each : best));
  return found;
};

/** Credit on the first pairs. */
export const creditOn =
  (count: number): Look =>
  async (engine): Promise<CreditView[]> => {
    const { total } = await engine.trees(0, 1);
    const views: CreditView[] = [];
    for (let i = 0; i < Math.min(count, total); i++) views.push(await engine.credit(i));
    return views;
  };
