import type { Proposal, SearchNode, Selection } from './search-tree';
import { backUp, expand, pathTo, rootOf, select } from './search-tree';

/** A state of a problem: which problem, and the steps so far. */
export interface SearchState {
  problem: number;
  /** From the root, whose tokens are the prompt's, to the last step. */
  path: readonly SearchNode[];
}

/** What a search asks of the outside. Both are asked about many states at once, of many problems. */
export interface SearchWorld {
  /** Steps that may follow each state, as many as are to be tried; equal ones may come several times. */
  propose(states: readonly SearchState[]): Promise<Proposal[][]>;
  /** The worth of each state that has not ended. Left out, what an expanded node has without ends below it is 0. */
  evaluate?: ((states: readonly SearchState[]) => Promise<number[]>) | undefined;
}

export interface SearchSettings extends Selection {
  simulations: number;
}

/** What a search has done so far. */
export interface SearchProgress {
  simulation: number;
  /** Trees in which something is left to try. */
  open: number;
}

/**
 * Searches many problems at once. A simulation goes down each tree by `select`, expands the node that it comes to, and lets come
 * back up: each end among the new children at once, and the worth of each other one, or 0 for the node itself where there is
 * nothing to judge it by. What is random is the world's alone, so that a search follows from its answers.
 * @param prompts tokens of each problem's prompt
 * @param report awaited after each simulation, with the trees as they are then
 * @returns the roots, in order
 */
export const searchTrees = async (
  prompts: readonly (readonly number[])[],
  world: SearchWorld,
  settings: SearchSettings,
  report?: (progress: SearchProgress, roots: readonly SearchNode[]) => void | Promise<void>,
): Promise<SearchNode[]> => {
  const roots = prompts.map(rootOf);
  const stateOf = (problem: number, leaf: SearchNode): SearchState => ({ problem, path: pathTo(leaf) });
  for (let simulation = 1; simulation <= settings.simulations; simulation++) {
    const reached = roots.flatMap((root, problem) => {
      const leaf = select(root, settings);
      return leaf ? [{ problem, leaf }] : [];
    });
    if (reached.length === 0) break;
    const ends = reached.filter(({ leaf }) => leaf.terminal);
    for (const { leaf } of ends) backUp(leaf, leaf.value!);
    const open = reached.filter(({ leaf }) => !leaf.terminal);
    const proposals = await world.propose(open.map(({ problem, leaf }) => stateOf(problem, leaf)));
    const fresh = open.flatMap(({ problem, leaf }, i) => {
      const children = expand(leaf, proposals[i]!);
      if (!world.evaluate && children.length > 0) backUp(leaf, 0);
      return children.map((child) => ({ problem, child }));
    });
    if (world.evaluate && fresh.length > 0) {
      const values = await world.evaluate(fresh.map(({ problem, child }) => stateOf(problem, child)));
      for (const [i, { child }] of fresh.entries()) {
        child.value = values[i]!;
        backUp(child, values[i]!);
      }
    }
    await report?.({ simulation, open: reached.length }, roots);
  }
  return roots;
};
