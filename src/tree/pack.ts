import { bucketSize } from './buckets';
import type { Entries, PackedBatch, PackedResponse, PackedStep } from './packed-batch';
import { depthFirst, pathOf, scoredNodes, usedNodes } from './paths';
import type { PreferenceTree, TreeResponse } from './tree';
import { validateTree } from './validate';

export interface PackOptions {
  /** 'buckets' (default) rounds N, M and R up to few sizes, see `bucketSize`; 'none' adds no padding. */
  pad?: 'buckets' | 'none';
  /**
   * 'shared' (default) writes each node once. 'apart' writes every response whole, as if nothing were shared: the
   * same entries in the same order over more tokens, to measure what sharing saves.
   */
  sides?: 'shared' | 'apart';
  /**
   * Each scored state also gets an entry for this token (EOS), at [used, 2 used) in the order of the others: step -1, weight 0, so
   * that no step sums it.
   */
  stop?: number;
  /** The trees have been validated before, when they were made; they are not again. */
  checked?: boolean;
}

/** Growing lists of the batch; padding comes at the end. */
interface Draft {
  tokens: number[];
  position: number[];
  visibleUntil: number[];
  treeStart: number[];
  /** Position of the predicting token, per entry. */
  source: number[];
  target: number[];
  step: number[];
  steps: PackedStep[];
  responses: PackedResponse[];
}

/** Where a node was written. */
interface Span {
  start: number;
  end: number;
}

const writeNode = (draft: Draft, tokens: readonly number[], depth: number, treeStart: number): Span => {
  const start = draft.tokens.length;
  tokens.forEach((token, t) => {
    draft.tokens.push(token);
    draft.position.push(depth + t);
    draft.visibleUntil.push(0); // set when the subtree is complete
    draft.treeStart.push(treeStart);
  });
  return { start, end: draft.tokens.length };
};

const setVisible = (draft: Draft, { start, end }: Span, until: number) => {
  draft.visibleUntil.fill(until, start, end);
};

/** Writes the nodes that a response goes through depth-first; returns each one's span by its index. */
const writeShared = (draft: Draft, tree: PreferenceTree): Span[] => {
  const treeStart = draft.tokens.length;
  const spans: Span[] = [];
  const depthAfter: number[] = [];
  const subtreeEnd: number[] = [];
  const used = usedNodes(tree);
  const order = depthFirst(tree).filter((n) => used[n]);
  for (const n of order) {
    const node = tree.nodes[n]!;
    const depth = node.parent < 0 ? 0 : depthAfter[node.parent]!;
    spans[n] = writeNode(draft, node.tokens, depth, treeStart);
    depthAfter[n] = depth + node.tokens.length;
    subtreeEnd[n] = spans[n].end;
  }
  // Backwards, so that all descendants have reported before a node's own end is final.
  for (const n of order.reverse()) {
    setVisible(draft, spans[n]!, subtreeEnd[n]!);
    const { parent } = tree.nodes[n]!;
    if (parent >= 0) subtreeEnd[parent] = Math.max(subtreeEnd[parent]!, subtreeEnd[n]!);
  }
  return spans;
};

/** Writes one path as a sequence of its own; returns the spans of its nodes by their index in the tree. */
const writePath = (draft: Draft, tree: PreferenceTree, path: readonly number[]): Span[] => {
  const treeStart = draft.tokens.length;
  const spans: Span[] = [];
  let depth = 0;
  for (const n of path) {
    const { tokens } = tree.nodes[n]!;
    spans[n] = writeNode(draft, tokens, depth, treeStart);
    depth += tokens.length;
  }
  setVisible(draft, { start: treeStart, end: draft.tokens.length }, draft.tokens.length);
  return spans;
};

/** Appends the steps and entries of the nodes that a response scores. */
const scoreNodes = (draft: Draft, tree: PreferenceTree, response: TreeResponse, spans: readonly Span[]) => {
  for (const n of scoredNodes(tree, response)) {
    const node = tree.nodes[n]!;
    const { start, end } = spans[n]!;
    const before = node.parent < 0 ? -1 : spans[node.parent]!.end - 1; // position of the token before
    const entryStart = draft.source.length;
    node.tokens.forEach((token, t) => {
      const source = t === 0 ? before : start + t - 1;
      if (source < 0) return; // the very first token: nothing predicts it
      draft.source.push(source);
      draft.target.push(token);
      draft.step.push(draft.steps.length);
    });
    draft.steps.push({
      response: draft.responses.length,
      node: n,
      entryStart,
      entryEnd: draft.source.length,
      lastToken: end - 1,
      ...(node.labels && { labels: node.labels }),
    });
  }
};

/** R positions, ascending and unique: the scored ones, and others up to `size`, padding tokens first. */
const chooseRows = (draft: Draft, n: number, size: (used: number) => number): number[] => {
  const taken = new Uint8Array(n);
  for (const position of draft.source) taken[position] = 1;
  const used = taken.reduce((a, b) => a + b, 0);
  let missing = size(used) - used;
  // There are always enough: scored rows are at most the tokens, and bucketSize grows with its argument.
  for (let i = n - 1; i >= 0 && missing > 0; i--) {
    if (taken[i]) continue;
    taken[i] = 2;
    missing--;
  }
  const rows: number[] = [];
  taken.forEach((t, i) => {
    if (t) rows.push(i);
  });
  return rows;
};

const packEntries = (
  draft: Draft,
  n: number,
  round: (n: number) => number,
  stop: number | undefined,
): Entries => {
  const used = draft.source.length;
  const rows = chooseRows(draft, n, round);
  const filled = stop === undefined ? used : 2 * used;
  const count = round(filled);
  const rowOf = new Int32Array(n).fill(-1);
  rows.forEach((position, r) => {
    rowOf[position] = r;
  });
  const row = new Int32Array(count);
  const target = new Int32Array(count);
  const step = new Int32Array(count).fill(-1);
  const weight = new Float32Array(count);
  const rowUses = new Int32Array(rows.length);
  for (let m = 0; m < used; m++) {
    row[m] = rowOf[draft.source[m]!]!;
    target[m] = draft.target[m]!;
    step[m] = draft.step[m]!;
    weight[m] = 1;
    rowUses[row[m]!]!++;
  }
  for (let m = used; m < filled; m++) {
    row[m] = row[m - used]!;
    target[m] = stop!;
    rowUses[row[m]!]!++;
  }
  // Padding entries are spread over the rows that score nothing, or over all, so that no row gets a long list.
  const idle = [...rows.keys()].filter((r) => rowUses[r] === 0);
  const hosts = idle.length > 0 ? idle : [...rows.keys()];
  for (let m = filled; m < count; m++) {
    row[m] = hosts[(m - filled) % hosts.length]!;
    rowUses[row[m]!]!++;
  }

  const rowStart = new Int32Array(rows.length + 1);
  for (let r = 0; r < rows.length; r++) rowStart[r + 1] = rowStart[r]! + rowUses[r]!;
  const next = rowStart.slice(0, rows.length);
  const rowEntries = new Int32Array(count);
  for (let m = 0; m < count; m++) rowEntries[next[row[m]!]!++] = m;

  const stepStart = new Int32Array(draft.steps.length + 1);
  draft.steps.forEach((s, i) => {
    stepStart[i + 1] = s.entryEnd;
  });
  return {
    count,
    used,
    row,
    target,
    step,
    weight,
    rows: Int32Array.from(rows),
    rowStart,
    rowEntries,
    stepStart,
  };
};

/**
 * Writes trees one after another into a batch. Every response of every tree is scored: one step per scored node on its
 * path, one entry of weight 1 per token of the node, predicted by the token before it on the path. The first token of
 * a scored root has nothing before it and gets no entry.
 * @throws TreeError when a tree is malformed. A tree may stand in a batch twice.
 */
export const packForest = (trees: readonly PreferenceTree[], options: PackOptions = {}): PackedBatch => {
  const { pad = 'buckets', sides = 'shared', checked = false, stop } = options;
  if (trees.length === 0) throw new Error('packForest: there are no trees; give at least one.');
  const round = pad === 'buckets' ? bucketSize : (n: number) => n;
  const draft: Draft = {
    tokens: [],
    position: [],
    visibleUntil: [],
    treeStart: [],
    source: [],
    target: [],
    step: [],
    steps: [],
    responses: [],
  };
  const comparisons: PackedBatch['comparisons'] = [];
  const packed: PackedBatch['trees'] = [];

  trees.forEach((tree, t) => {
    if (!checked) validateTree(tree);
    const tokenStart = draft.tokens.length;
    const entryStart = draft.source.length;
    const firstResponse = draft.responses.length;
    const shared = sides === 'shared' ? writeShared(draft, tree) : undefined;
    tree.responses.forEach((response, index) => {
      const stepStart = draft.steps.length;
      const start = draft.source.length;
      scoreNodes(draft, tree, response, shared ?? writePath(draft, tree, pathOf(tree, response.leaf)));
      draft.responses.push({
        tree: t,
        index,
        stepStart,
        stepEnd: draft.steps.length,
        entryStart: start,
        entryEnd: draft.source.length,
        ...(response.score !== undefined && { score: response.score }),
        ...(response.labels && { labels: response.labels }),
      });
    });
    for (const { chosen, rejected, margin } of tree.comparisons) {
      comparisons.push({
        chosen: firstResponse + chosen,
        rejected: firstResponse + rejected,
        ...(margin !== undefined && { margin }),
      });
    }
    packed.push({
      id: tree.id,
      entryStart,
      entryEnd: draft.source.length,
      tokenStart,
      tokenEnd: draft.tokens.length,
    });
  });

  const tokenCount = draft.tokens.length;
  const size = round(tokenCount);
  for (let i = tokenCount; i < size; i++) {
    draft.tokens.push(0);
    draft.position.push(0);
    draft.visibleUntil.push(i + 1);
    draft.treeStart.push(i);
  }
  return {
    size,
    tokenCount,
    tokens: Int32Array.from(draft.tokens),
    position: Int32Array.from(draft.position),
    visibleUntil: Int32Array.from(draft.visibleUntil),
    treeStart: Int32Array.from(draft.treeStart),
    entries: packEntries(draft, size, round, stop),
    steps: draft.steps,
    responses: draft.responses,
    comparisons,
    trees: packed,
  };
};
