import { pairTree } from '../src/tree/build';
import type { PreferenceTree } from '../src/tree/tree';
import type { Rng } from '../src/util/rng';

const tokens = (rng: Rng, count: number, vocabSize: number): number[] =>
  Array.from({ length: count }, () => 3 + rng.int(vocabSize - 3));

/** Pairs as DPO has them: a short prompt and two answers of four steps, of about the length of the task's. */
export const answerPairs = (rng: Rng, count: number, vocabSize: number): PreferenceTree[] =>
  Array.from({ length: count }, (_, i) => {
    const answer = () => [10, 10, 10, 6].map((length) => tokens(rng, length + rng.int(4), vocabSize));
    return pairTree({
      id: `pair ${i}`,
      prompt: tokens(rng, 16 + rng.int(4), vocabSize),
      chosenSteps: answer(),
      rejectedSteps: answer(),
    });
  });

/** Pairs as Step-DPO has them: four fifths of each path are prompt and given steps, one fifth is the step. */
export const stepPairs = (rng: Rng, count: number, vocabSize: number): PreferenceTree[] =>
  Array.from({ length: count }, (_, i) => {
    const step = () => [tokens(rng, 16, vocabSize)];
    return pairTree({
      id: `step pair ${i}`,
      prompt: tokens(rng, 16, vocabSize),
      sharedSteps: [16, 16, 16].map((length) => tokens(rng, length, vocabSize)),
      chosenSteps: step(),
      rejectedSteps: step(),
    });
  });

/**
 * Trees as a search leaves them: after each state on a way of six steps four children, of which the one that goes on was better than
 * the three others. Each pair is given all that came before.
 */
export const searchedTrees = (rng: Rng, count: number, vocabSize: number): PreferenceTree[] =>
  Array.from({ length: count }, (_, i): PreferenceTree => {
    const [children, depth] = [4, 6];
    const tree: PreferenceTree = {
      id: `search ${i}`,
      nodes: [{ parent: -1, tokens: tokens(rng, 16, vocabSize), role: 'prompt', scored: false }],
      responses: [],
      comparisons: [],
    };
    let given = 0;
    for (let d = 0; d < depth; d++) {
      const first = tree.responses.length;
      for (let c = 0; c < children; c++) {
        const step = tokens(rng, 8, vocabSize);
        const leaf = tree.nodes.push({ parent: given, tokens: step, role: 'step', scored: true }) - 1;
        tree.responses.push({ leaf, given });
        if (c > 0) tree.comparisons.push({ chosen: first, rejected: first + c });
      }
      given = tree.responses[first]!.leaf;
    }
    return tree;
  });

/** A batch in the shape most programs train on: every path a row of its own, padded to the longest. */
export interface PaddedBatch {
  /** B = 2 x pairs; rows 2i and 2i + 1 are pair i's chosen and rejected. */
  rows: number;
  length: number;
  tokens: Int32Array; // [B, T]
  /** Token to predict at each position, and 1 where its log-prob counts. */
  targets: Int32Array; // [B, T]
  scored: Float32Array; // [B, T]
  /** Tokens without padding. */
  tokenCount: number;
}

const pathTo = (tree: PreferenceTree, leaf: number): { token: number; scored: boolean }[] => {
  const nodes: number[] = [];
  for (let n = leaf; n >= 0; n = tree.nodes[n]!.parent) nodes.unshift(n);
  return nodes.flatMap((n) => {
    const { tokens: ids, scored } = tree.nodes[n]!;
    return ids.map((token) => ({ token, scored }));
  });
};

export const padPairs = (trees: readonly PreferenceTree[]): PaddedBatch => {
  const paths = trees.flatMap((tree) =>
    tree.comparisons.flatMap(({ chosen, rejected }) =>
      [chosen, rejected].map((r) => pathTo(tree, tree.responses[r]!.leaf)),
    ),
  );
  const length = paths.reduce((longest, path) => Math.max(longest, path.length), 0);
  const size = paths.length * length;
  const batch: PaddedBatch = {
    rows: paths.length,
    length,
    tokens: new Int32Array(size),
    targets: new Int32Array(size),
    scored: new Float32Array(size),
    tokenCount: paths.reduce((sum, path) => sum + path.length, 0),
  };
  paths.forEach((path, row) => {
    path.forEach(({ token, scored }, t) => {
      batch.tokens[row * length + t] = token;
      if (t === 0) return;
      batch.targets[row * length + t - 1] = token;
      batch.scored[row * length + t - 1] = scored ? 1 : 0;
    });
  });
  return batch;
};
