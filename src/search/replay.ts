import { meanOf, pathTo, type SearchNode, scoreOf, select } from './search-tree';
import { type SearchSettings, type SearchWorld, searchTrees } from './tree-search';

/** A node of a search that is shown again; its parent comes before it. */
export interface ReplayNode {
  parent: number;
  text: string;
  /** exp of the mean log-prob of its tokens. */
  prior: number;
  /** The simulation that tried it, from 1; 0 for the prompt. */
  born: number;
  /** What it was found worth itself. */
  value?: number;
  /** The answer ends here. */
  terminal: boolean;
}

/** One simulation. */
export interface ReplayStep {
  /** From the prompt to the node that it came to. */
  path: number[];
  /** How much it wanted to follow each child that it chose between, by node; infinite for one that was never visited. */
  scores: Record<number, number>;
  /** Of every node so far, after it. */
  visits: number[];
  q: number[];
}

export interface Replay {
  nodes: ReplayNode[];
  steps: ReplayStep[];
}

/** The way that a simulation is about to go, and what it weighs on it. */
const planned = (root: SearchNode, settings: SearchSettings) => {
  const leaf = select(root, settings);
  const path = leaf ? pathTo(leaf) : [];
  const scores = path.flatMap((parent) =>
    (parent.children ?? [])
      .filter((child) => settings.revisit || !(child.terminal || child.exhausted))
      .map((child) => ({ child, score: scoreOf(parent, child, settings) })),
  );
  return { path, scores };
};

/**
 * Searches one problem, and keeps what every simulation did.
 * @param prompt its tokens
 * @param text what it says
 */
export const replaySearch = async (
  prompt: readonly number[],
  text: string,
  world: SearchWorld,
  settings: SearchSettings,
  report?: (done: number) => void | Promise<void>,
): Promise<Replay> => {
  const nodes: SearchNode[] = [];
  const born: number[] = [];
  const steps: ReplayStep[] = [];
  const indexOf = new Map<SearchNode, number>();
  const add = (node: SearchNode, at: number) => {
    indexOf.set(node, nodes.length);
    nodes.push(node);
    born.push(at);
  };
  const notice = (node: SearchNode, at: number) => {
    if (!indexOf.has(node)) add(node, at);
    for (const child of node.children ?? []) notice(child, at);
  };
  let next: ReturnType<typeof planned> | undefined;
  await searchTrees([prompt], world, settings, async ({ simulation }, [root]) => {
    if (!indexOf.has(root!)) add(root!, 0);
    const { path, scores } = next ?? { path: [root!], scores: [] };
    notice(root!, simulation);
    steps.push({
      path: path.map((node) => indexOf.get(node)!),
      scores: Object.fromEntries(scores.map(({ child, score }) => [indexOf.get(child)!, score])),
      visits: nodes.map(({ visits }) => visits),
      q: nodes.map(meanOf),
    });
    next = planned(root!, settings);
    await report?.(simulation);
  });
  return {
    nodes: nodes.map(({ parent, text: own, prior, value, terminal }, i) => ({
      parent: parent ? indexOf.get(parent)! : -1,
      text: i === 0 ? text : own,
      prior,
      born: born[i]!,
      ...(value !== undefined && { value }),
      terminal,
    })),
    steps,
  };
};
