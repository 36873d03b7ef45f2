import type { ProbePair, ProbeSide } from '../../workers/protocol';
import type { Network } from '../model/network';
import { packForest } from '../tree/pack';
import type { PreferenceTree } from '../tree/tree';
import { scoreTrees } from './score';

/** One comparison that is looked at again and again, and where its scored tokens lie among the tree's entries. */
interface Probed {
  tree: PreferenceTree;
  index: number;
  heldOut: boolean;
  chosen: Side;
  rejected: Side;
}

/** Entries [start, end) of one answer; the token at which it parts from the other is entry `parting`. */
interface Side {
  start: number;
  parting: number;
  end: number;
}

/** Of those held out, so many among the pairs of a probe at most. */
const heldOutShare = 0.25;

/** `count` of `items`, evenly spread over them, in their order. */
const spread = <T>(items: readonly T[], count: number): T[] =>
  Array.from(
    { length: Math.min(count, items.length) },
    (_, i) => items[Math.floor((i * items.length) / Math.min(count, items.length))]!,
  );

const sidesOf = (tree: PreferenceTree): Pick<Probed, 'chosen' | 'rejected'> | undefined => {
  const [comparison] = tree.comparisons;
  if (!comparison) return undefined;
  const { entries, responses } = packForest([tree], { checked: true });
  const rangeOf = (index: number) => responses.find((r) => r.index === index)!;
  const chosen = rangeOf(comparison.chosen);
  const rejected = rangeOf(comparison.rejected);
  const lengths = [chosen, rejected].map((r) => r.entryEnd - r.entryStart) as [number, number];
  let shared = 0;
  while (
    shared < Math.min(...lengths) &&
    entries.target[chosen.entryStart + shared] === entries.target[rejected.entryStart + shared]
  )
    shared++;
  const side = ({ entryStart, entryEnd }: typeof chosen): Side => ({
    start: entryStart,
    parting: entryStart + shared,
    end: entryEnd,
  });
  return { chosen: side(chosen), rejected: side(rejected) };
};

/**
 * The pairs of a probe: the first comparison of each of some trees, spread evenly over those that are trained on and those
 * held out. Fixed for as long as the trees are.
 * @param count pairs at most
 */
export const planProbe = (
  trees: readonly PreferenceTree[],
  heldOut: readonly PreferenceTree[],
  count: number,
): Probed[] => {
  const compared = (list: readonly PreferenceTree[]) =>
    list.flatMap((tree, index) => (tree.comparisons.length > 0 ? [{ tree, index }] : []));
  const aside = spread(compared(heldOut), Math.floor(count * heldOutShare));
  const trained = spread(compared(trees), count - aside.length);
  return [
    ...trained.map((item) => ({ ...item, heldOut: false })),
    ...aside.map((item) => ({ ...item, heldOut: true })),
  ].flatMap((item) => {
    const sides = sidesOf(item.tree);
    return sides ? [{ ...item, ...sides }] : [];
  });
};

const sum = (values: Float32Array, start: number, end: number): number => {
  let total = 0;
  for (let i = start; i < end; i++) total += values[i]!;
  return total;
};

const stretches = (values: Float32Array, { start, parting, end }: Side): ProbeSide => {
  const after = Math.min(parting + 1, end);
  return {
    logProb: [sum(values, start, parting), sum(values, parting, after), sum(values, after, end)],
    tokens: [parting - start, after - parting, end - after],
  };
};

/** Log-probs of the pairs of a plan under these weights, in three stretches each. Changes nothing of the run. */
export const takeProbe = async (
  network: Network,
  plan: readonly Probed[],
  between: () => Promise<void>,
): Promise<ProbePair[]> => {
  const scores = await scoreTrees(
    network,
    plan.map(({ tree }) => tree),
    between,
  );
  return plan.map(({ tree, index, heldOut, chosen, rejected }) => {
    const values = scores.get(tree.id)!;
    return {
      tree: index,
      heldOut,
      chosen: stretches(values, chosen),
      rejected: stretches(values, rejected),
    };
  });
};

/** Steps from one probe of a pass to the next: as asked for, or so that about ten come over the pass. */
export const probeEvery = (asked: number, steps: number): number =>
  asked || Math.max(1, Math.ceil(steps / 10));
