import type { Network } from '../model/network';
import { scoreTrees } from '../train/score';
import { pathOf } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import type { Measure } from '../util/measure';
import { meanOf, shareOf } from '../util/measure';
import { yieldToMessages } from '../util/mutex';

/** A wrong answer of several steps: how far each step's tokens have moved, on average, and which step is the first wrong one. */
interface Blamed {
  moved: number[];
  firstWrong: number;
}

/** Undefined for an answer in which there is nothing to find: a right one, or one of a single step. */
const blamed = (tree: PreferenceTree, moved: Float32Array): Blamed | undefined => {
  const steps = pathOf(tree, tree.responses[0]!.leaf)
    .map((n) => tree.nodes[n]!)
    .filter(({ scored }) => scored);
  const firstWrong = steps.findIndex(({ labels }) => labels?.['correct'] === 0);
  if (steps.length < 2 || firstWrong < 0) return undefined;
  let at = 0;
  const means = steps.map(({ tokens }) => {
    const own = moved.subarray(at, at + tokens.length);
    at += tokens.length;
    return own.reduce((sum, x) => sum + x, 0) / own.length;
  });
  return { moved: means, firstWrong };
};

/**
 * Where training put the blame in wrong answers (SCDPO's question): in which share of them the step that fell most, by the mean of its
 * tokens' log-ratios to the model that the run began with, is the verifier's first wrong one; the share that a random step would hit
 * beside it; and how much further that step fell than the right ones before it.
 * @param trees each a judged answer, see `judgedAnswers`
 */
export const blameMeasures = async (
  { policy, start }: { policy: Network; start: Network },
  trees: readonly PreferenceTree[],
): Promise<Measure[]> => {
  const [now, before] = [
    await scoreTrees(policy, trees, yieldToMessages),
    await scoreTrees(start, trees, yieldToMessages),
  ];
  const found = trees.flatMap((tree) => {
    const then = before.get(tree.id)!;
    return (
      blamed(
        tree,
        now.get(tree.id)!.map((x, m) => x - then[m]!),
      ) ?? []
    );
  });
  if (found.length === 0) return [];
  const hits = found.filter(({ moved, firstWrong }) => moved[firstWrong] === Math.min(...moved)).length;
  const falls = found.flatMap(({ moved, firstWrong }) => {
    const right = moved.slice(0, firstWrong);
    if (right.length === 0) return [];
    return [right.reduce((sum, x) => sum + x, 0) / right.length - moved[firstWrong]!];
  });
  const chance = found.map(({ moved }) => 1 / moved.length);
  return [
    shareOf({ id: 'blame', name: 'blame on the first wrong step', better: 'higher' }, hits, found.length),
    meanOf({ id: 'blame-chance', name: 'blame on it by chance', better: 'neither' }, 'share', chance),
    meanOf(
      { id: 'blame-fall', name: 'fall of the first wrong step beyond right ones', better: 'higher' },
      'nats a token',
      falls,
    ),
  ];
};
