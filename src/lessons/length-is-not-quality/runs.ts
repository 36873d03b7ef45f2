import { scoredNodes } from '../../tree/paths';
import type { PreferenceTree } from '../../tree/tree';
import { lengthFit, lengthPoints } from '../../ui/live/length-data';
import type { Live, LiveRun, Look, Rich, RunSpec } from '../lesson';
import { armsOf, firstOf, lastOf, live, movedOf } from '../read';

/** Lengths of the two answers of each pair, in tokens. */
interface LengthLook {
  pairs: number;
  /** Shares of the pairs in which the preferred answer is the longer one, and the shorter one. */
  longer: number;
  shorter: number;
  /** By how many tokens, in the mean over all pairs. */
  gap: number;
}

const most = 1000;

const lengths: Look = async (engine): Promise<LengthLook> => {
  const { trees } = await engine.trees(0, most);
  const tokens = (tree: PreferenceTree, response: number) =>
    scoredNodes(tree, tree.responses[response]!).reduce(
      (sum, node) => sum + tree.nodes[node]!.tokens.length,
      0,
    );
  const gaps = trees.flatMap((tree) =>
    tree.comparisons.map(({ chosen, rejected }) => tokens(tree, chosen) - tokens(tree, rejected)),
  );
  return {
    pairs: gaps.length,
    longer: gaps.filter((gap) => gap > 0).length / Math.max(1, gaps.length),
    shorter: gaps.filter((gap) => gap < 0).length / Math.max(1, gaps.length),
    gap: gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length),
  };
};

export const dpo: RunSpec = { name: 'dpo', title: '40 steps of DPO', looks: { lengths }, seconds: 15 };
export const race: RunSpec = {
  name: 'race',
  title: 'DPO, R-DPO, SimPO and LD-DPO',
  fields: { 'evaluation.every': 0 },
  arms: ['dpo', 'r-dpo', 'simpo', 'ld-dpo'].map((id) => ({ 'method.id': id })),
  seconds: 30,
};
export const dear: RunSpec = {
  name: 'dear',
  title: 'R-DPO at alpha 0.3',
  fields: { 'method.id': 'r-dpo', 'method.params.alpha': 0.3, 'evaluation.every': 0 },
  seconds: 12,
};

export const lengthsIn = ({ looks }: Live) => looks['dpo']?.['lengths'] as LengthLook | undefined;

export const tokensOf = (run: LiveRun | undefined) => {
  const [before, now] = run ? [firstOf(run), lastOf(run)] : [];
  return before && now ? { before: before.meanTokens, now: now.meanTokens } : undefined;
};

/** A change of less than a token is none. */
export const grew = (by: number) => (by > 1 ? 'longer' : by < -1 ? 'shorter' : 'same');

/** Rank correlation of length and implicit reward over the probe. */
export const rankOf = (run: LiveRun) => {
  const moved = movedOf(run);
  return moved && lengthFit(lengthPoints(moved.changes))?.rank;
};

export const names = ['DPO', 'R-DPO', 'SimPO', 'LD-DPO'];
export const shortest = (all: Live) => {
  const ends = armsOf(all, 'race').map((arm) => lastOf(arm)?.meanTokens);
  if (ends.length < 4 || ends.some((end) => end === undefined)) return undefined;
  const values = ends as number[];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return { values, at: values.indexOf(least), apart: most - least >= 0.5 };
};

/** "longer by 6.1 tokens"; of the preferred answers beside the rejected ones. */
export const gapWords = (gap: number): Rich =>
  `${gap < 0 ? 'shorter' : 'longer'} by ${live(Math.abs(gap).toFixed(1))} tokens`;
