import type { Rng } from '../util/rng';
import type { SearchNode } from './search-tree';
import { meanOf, pathTo } from './search-tree';

/** Which nodes of a searched tree are compared. */
export interface PairRules {
  /** By how much the better one must be worth more. */
  gap: number;
  /** Visits that both need, since the mean of few returns says little. */
  minVisits: number;
  /** Of the steps after one state: every two that differ enough, or the best and the worst alone. */
  siblings: 'all' | 'extremes';
  /** Only steps after a state on the way to a right answer of the tree. */
  onRightPath: boolean;
  /** Whole answers of a problem that are compared too, right with wrong: so many pairs at most. */
  trajectories: number;
}

export interface NodePair {
  /** Where the two part: what is given to both. The root for whole answers. */
  given: SearchNode;
  chosen: SearchNode;
  rejected: SearchNode;
  gap: number;
}

/** All nodes, each before its children. */
export const nodesOf = (root: SearchNode): SearchNode[] => {
  const all: SearchNode[] = [];
  const stack = [root];
  for (let at = stack.pop(); at; at = stack.pop()) {
    all.push(at);
    stack.push(...[...(at.children ?? [])].reverse());
  }
  return all;
};

const siblingPairs = (given: SearchNode, { gap, minVisits, siblings }: PairRules): NodePair[] => {
  const known = (given.children ?? []).filter(({ visits, broken }) => visits >= minVisits && !broken);
  const pairs = known.flatMap((chosen) =>
    known.flatMap((rejected): NodePair[] => {
      const own = meanOf(chosen) - meanOf(rejected);
      return own > 0 && own >= gap ? [{ given, chosen, rejected, gap: own }] : [];
    }),
  );
  if (siblings === 'all' || pairs.length < 2) return pairs;
  return [pairs.reduce((most, pair) => (pair.gap > most.gap ? pair : most))];
};

/** Right answers with wrong ones, drawn without repeating a pair. */
const trajectoryPairs = (
  root: SearchNode,
  ends: readonly SearchNode[],
  rules: PairRules,
  rng: Rng,
): NodePair[] => {
  if (rules.trajectories === 0) return [];
  const whole = ends.filter(({ broken }) => !broken);
  const all = whole.flatMap((chosen) =>
    whole.flatMap((rejected): NodePair[] => {
      const gap = chosen.value! - rejected.value!;
      return gap > 0 && gap >= rules.gap ? [{ given: root, chosen, rejected, gap }] : [];
    }),
  );
  return rng.shuffle(all).slice(0, rules.trajectories);
};

/** The comparisons that a searched tree gives: of steps that follow one state, then of whole answers. */
export const pairsOfSearch = (root: SearchNode, rules: PairRules, rng: Rng): NodePair[] => {
  const nodes = nodesOf(root);
  const ends = nodes.filter(({ terminal }) => terminal);
  const best = Math.max(...ends.map(({ value }) => value!));
  const right = new Set(ends.filter(({ value }) => value! > 0 && value === best).flatMap(pathTo));
  const parents = rules.onRightPath ? nodes.filter((node) => right.has(node)) : nodes;
  return [
    ...parents.flatMap((parent) => siblingPairs(parent, rules)),
    ...trajectoryPairs(root, ends, rules, rng),
  ];
};
