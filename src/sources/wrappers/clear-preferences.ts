import { choice, number } from '../../methods/params';
import { responseSums } from '../../tree/response-sums';
import type { PreferenceTree } from '../../tree/tree';
import { correlation } from '../../util/correlation';
import { plural } from '../../util/count';
import { meanOf, shareOf } from '../../util/measure';
import { range } from '../../util/range';
import type { Rng } from '../../util/rng';
import type { WrapContext } from './wrapper';
import { defineWrapper } from './wrapper';

/** Which pairs are kept. */
const tails = {
  both: 'the largest gaps, whichever side the model finds likelier',
  upper: 'where the chosen answer is likeliest against the rejected one',
  lower: 'where the rejected answer is likeliest against the chosen one',
  middle: 'the smallest gaps: what the others leave out',
  random: 'any, for comparison',
} as const;

const norms = {
  mean: 'per token, so that length counts little',
  sum: 'of the whole answers',
} as const;

/** A tree with its gap under the reference, and by how many tokens its chosen side is longer; means over its comparisons. */
interface Judged {
  tree: PreferenceTree;
  gap: number;
  longer: number;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const judged = (tree: PreferenceTree, perEntry: Float32Array, norm: keyof typeof norms): Judged => {
  const sums = responseSums(tree, perEntry);
  const value = ({ sum, length }: { sum: number; length: number }) =>
    norm === 'sum' ? sum : sum / Math.max(1, length);
  const sides = tree.comparisons.map(({ chosen, rejected }) => [sums[chosen]!, sums[rejected]!] as const);
  return {
    tree,
    gap: mean(sides.map(([won, lost]) => value(won) - value(lost))),
    longer: mean(sides.map(([won, lost]) => won.length - lost.length)),
  };
};

/** Indices of those to keep, in their order. */
const select = (gaps: readonly number[], count: number, tail: keyof typeof tails, rng: Rng): number[] => {
  const all = range(gaps.length);
  const rank = {
    both: Math.abs,
    upper: (g: number) => g,
    lower: (g: number) => -g,
    middle: (g: number) => -Math.abs(g),
  };
  const sorted =
    tail === 'random'
      ? rng.shuffle(all)
      : all.sort((a, b) => rank[tail](gaps[b]!) - rank[tail](gaps[a]!) || a - b);
  return sorted.slice(0, count).sort((a, b) => a - b);
};

/** Whether the scores say that a pair stands the wrong way round; undefined where there are none. */
const isTurned = ({ comparisons, responses }: PreferenceTree): boolean | undefined => {
  const { chosen, rejected } = comparisons[0]!;
  const [won, lost] = [responses[chosen]!.score, responses[rejected]!.score];
  return won === undefined || lost === undefined ? undefined : won < lost;
};

/** Says what was kept: how far length decides, and where turned labels went. */
const tell = ({ measure }: WrapContext, all: readonly Judged[], kept: ReadonlySet<number>) => {
  const r = correlation(
    all.map(({ gap }) => gap),
    all.map(({ longer }) => longer),
  );
  if (r !== undefined) {
    measure(
      meanOf({ id: 'gap-length', name: 'gap goes with length', better: 'neither' }, '(correlation)', [r]),
    );
  }
  const turned = all.map(({ tree }) => isTurned(tree));
  if (!turned.includes(true)) return;
  for (const [id, name, own] of [
    ['turned-kept', 'wrong labels among pairs kept', true],
    ['turned-left', 'wrong labels among pairs left out', false],
  ] as const) {
    const group = turned.filter((_, i) => kept.has(i) === own);
    measure(shareOf({ id, name, better: 'lower' }, group.filter(Boolean).length, group.length));
  }
};

/** Scored at once between two looks at whether the run is to stop. */
const SLICE = 128;

/**
 * Clear Preferences Leave Traces: which pairs are worth training on shows in the reference model's own log-probs of their answers. Of a
 * source so many more pairs are made as selection leaves out.
 */
export const clearPreferences = defineWrapper({
  id: 'clear-preferences',
  name: 'Clear preferences',
  summary:
    'Keeps the pairs whose answers the model that the run begins with tells most clearly apart by its log-probs.',
  params: {
    tail: choice({
      label: 'pairs kept',
      help: 'Which pairs are kept, by the gap of their log-probs: chosen less rejected.',
      options: tails,
      default: 'both',
      from: 'ours',
    }),
    norm: choice({
      label: 'log-prob of an answer',
      help: 'How the log-probs of an answer’s tokens are put together.',
      options: norms,
      default: 'mean',
      from: 'ours',
    }),
    share: number({
      label: 'share kept',
      help: 'Share of the pairs that are kept; the paper keeps 30 to 50 %.',
      min: 0.05,
      max: 1,
      default: 0.5,
      from: 'paper',
    }),
  },
  wraps: ['pairs', 'next-steps', 'lists', 'steps', 'turns'],
  scores: true,
  async *wrap(make, context, { tail, norm, share }) {
    const { count, rng, score, signal, progress } = context;
    const all: Judged[] = [];
    let slice: PreferenceTree[] = [];
    const judgeSlice = async () => {
      signal.throwIfAborted();
      const scores = await score(slice);
      all.push(...slice.map((tree) => judged(tree, scores.get(tree.id)!, norm)));
      slice = [];
      progress(0, `${plural(all.length, 'pair')} scored, ${Math.round(100 * share)} % of them will be kept`);
    };
    for await (const tree of make(Math.ceil(count / share))) {
      if (tree.comparisons.length === 0) continue; // nothing to tell apart, as in lists of equal answers
      slice.push(tree);
      if (slice.length >= SLICE) await judgeSlice();
    }
    if (slice.length > 0) await judgeSlice();
    const gaps = all.map(({ gap }) => gap);
    const kept = select(gaps, Math.max(1, Math.round(share * all.length)), tail, rng);
    if (all.length > 0) tell(context, all, new Set(kept));
    for (const i of kept) yield all[i]!.tree;
  },
});
