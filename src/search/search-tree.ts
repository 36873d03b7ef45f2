/** A tree of steps under search, and the arithmetic on it: which child to follow, what comes back up. */

export interface SearchNode {
  parent: SearchNode | undefined;
  /** Steps from the root, which has 0. */
  depth: number;
  tokens: readonly number[];
  text: string;
  /** How likely the policy finds the step: exp of the mean log-prob of its tokens. Not normalised over siblings. */
  prior: number;
  /** How many of the steps that were sampled after the parent were this one. */
  sampled: number;
  /** Returns that came back through the node, and their sum. */
  visits: number;
  total: number;
  /** What the node itself was found worth: the reward of an end, else the first estimate. */
  value: number | undefined;
  /** The answer ends here. */
  terminal: boolean;
  /** It was cut off, or holds a token that no answer may hold: wrong, and nothing to learn from. */
  broken: boolean;
  /** Undefined until the node has been expanded. */
  children: SearchNode[] | undefined;
  /** Nothing below is left to be tried. */
  exhausted: boolean;
}

/** A step that may follow a state. */
export interface Proposal {
  tokens: readonly number[];
  text: string;
  prior: number;
  /** What the answer earns, where it ends with this step; undefined where it goes on. */
  reward: number | undefined;
  broken?: boolean;
}

/** Which child a simulation follows. */
export interface Selection {
  /**
   * 'ucb': Q + c sqrt(ln N / n), a child without a visit first. 'puct': Q + c prior sqrt(N) / (1 + n), Q 0 without a visit. N visits
   * of the parent, n of the child.
   */
  rule: 'ucb' | 'puct';
  c: number;
  /** Whether an ended answer may be chosen again, and its reward comes back each time; else it comes back once, when it is found. */
  revisit: boolean;
}

const node = (parent: SearchNode | undefined, proposal: Proposal): SearchNode => ({
  parent,
  depth: parent ? parent.depth + 1 : 0,
  tokens: proposal.tokens,
  text: proposal.text,
  prior: proposal.prior,
  sampled: 1,
  visits: 0,
  total: 0,
  value: proposal.reward,
  terminal: proposal.reward !== undefined,
  broken: proposal.broken ?? false,
  children: undefined,
  exhausted: false,
});

/** A tree with nothing in it but where the answer begins. */
export const rootOf = (prompt: readonly number[]): SearchNode =>
  node(undefined, { tokens: prompt, text: '', prior: 1, reward: undefined });

/** Mean of what came back; 0 before anything did. */
export const meanOf = ({ total, visits }: SearchNode): number => (visits > 0 ? total / visits : 0);

/** From the root to a node, both included. */
export const pathTo = (leaf: SearchNode): SearchNode[] => {
  const path: SearchNode[] = [];
  for (let at: SearchNode | undefined = leaf; at; at = at.parent) path.push(at);
  return path.reverse();
};

/** How much a simulation at `parent` wants to follow `child`. */
export const scoreOf = (parent: SearchNode, child: SearchNode, { rule, c }: Selection): number => {
  if (rule === 'puct') {
    return meanOf(child) + (c * child.prior * Math.sqrt(parent.visits)) / (1 + child.visits);
  }
  if (child.visits === 0) return Number.POSITIVE_INFINITY;
  return meanOf(child) + c * Math.sqrt(Math.log(Math.max(1, parent.visits)) / child.visits);
};

/** The node to go on from: not expanded, or an end that may be visited again. Undefined when nothing is left to try. */
export const select = (root: SearchNode, selection: Selection): SearchNode | undefined => {
  let at = root;
  if (at.exhausted && !selection.revisit) return undefined;
  while (at.children) {
    let best: SearchNode | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const child of at.children) {
      if (!selection.revisit && (child.terminal || child.exhausted)) continue;
      const score = scoreOf(at, child, selection);
      if (best === undefined || score > most) [best, most] = [child, score];
    }
    if (!best) return undefined;
    at = best;
  }
  return at;
};

/** A return goes from a node up to the root. */
export const backUp = (from: SearchNode, value: number): void => {
  for (let at: SearchNode | undefined = from; at; at = at.parent) {
    at.visits++;
    at.total += value;
  }
};

const settle = (from: SearchNode): void => {
  for (let at: SearchNode | undefined = from; at; at = at.parent) {
    at.exhausted = at.children?.every((child) => child.terminal || child.exhausted) ?? false;
    if (!at.exhausted) return;
  }
};

/**
 * Gives a node its children: equal proposals are one child. Ends among them come back up at once, each one time.
 * @returns the children that go on
 */
export const expand = (parent: SearchNode, proposals: readonly Proposal[]): SearchNode[] => {
  const byTokens = new Map<string, SearchNode>();
  for (const proposal of proposals) {
    const key = proposal.tokens.join(' ');
    const known = byTokens.get(key);
    if (known) known.sampled++;
    else byTokens.set(key, node(parent, proposal));
  }
  parent.children = [...byTokens.values()];
  for (const child of parent.children) if (child.terminal) backUp(child, child.value!);
  settle(parent);
  return parent.children.filter(({ terminal }) => !terminal);
};
