import { pathOf } from './paths';
import type { PreferenceTree, TreeNode } from './tree';

/** A preference tree that cannot be used; says which tree, where in it, and what to do. */
export class TreeError extends Error {
  override name = 'TreeError';
  constructor(
    readonly treeId: string,
    /** For example `nodes[3].tokens[0]`. */
    readonly field: string,
    problem: string,
  ) {
    super(`Tree "${treeId}", ${field}: ${problem}`);
  }
}

const roles = ['prompt', 'step', 'observation', 'end'];

const shown = (value: unknown): string =>
  typeof value === 'string' ? `"${value.slice(0, 40)}"` : Array.isArray(value) ? 'a list' : String(value);

type Fail = (field: string, problem: string) => never;

const checkNumbers = (labels: unknown, field: string, fail: Fail) => {
  if (labels === undefined) return;
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    fail(field, `must map names to numbers, but is ${shown(labels)}`);
  }
  for (const [name, value] of Object.entries(labels as object)) {
    if (!Number.isFinite(value)) {
      fail(`${field}.${name}`, `is ${shown(value)}; give a finite number or leave the label out`);
    }
  }
};

const checkFinite = (value: unknown, field: string, fail: Fail) => {
  if (value !== undefined && !Number.isFinite(value)) {
    fail(field, `is ${shown(value)}; give a finite number or leave it out`);
  }
};

const checkIndex = (value: unknown, length: number, field: string, of: string, fail: Fail) => {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= length) {
    fail(field, `is ${shown(value)}, but ${of} has ${length} entries; give an index from 0 to ${length - 1}`);
  }
};

const checkNode = (node: TreeNode, n: number, vocabSize: number, fail: Fail) => {
  const field = `nodes[${n}]`;
  if (typeof node !== 'object' || node === null) fail(field, `must be an object, but is ${shown(node)}`);
  if (n === 0) {
    if (node.parent !== -1) {
      fail(`${field}.parent`, `is ${shown(node.parent)}; the first node is the root and has parent -1`);
    }
  } else if (!Number.isInteger(node.parent) || node.parent < 0 || node.parent >= n) {
    fail(
      `${field}.parent`,
      `is ${shown(node.parent)}; a parent stands before its children (0 to ${n - 1}), and only the first node is a root`,
    );
  }
  if (!roles.includes(node.role))
    fail(`${field}.role`, `is ${shown(node.role)}; use one of ${roles.join(', ')}`);
  if (typeof node.scored !== 'boolean')
    fail(`${field}.scored`, `is ${shown(node.scored)}; use true or false`);
  if (!Array.isArray(node.tokens)) fail(`${field}.tokens`, 'must be a list of token ids');
  if (node.tokens.length === 0) fail(`${field}.tokens`, 'is empty; leave out nodes without tokens');
  node.tokens.forEach((token, t) => {
    if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
      const range = Number.isFinite(vocabSize)
        ? `from 0 to ${vocabSize - 1}; use the tokenizer of the model`
        : 'a whole number from 0';
      fail(`${field}.tokens[${t}]`, `is ${shown(token)}, but token ids are ${range}`);
    }
  });
  checkNumbers(node.labels, `${field}.labels`, fail);
};

/**
 * Checks a tree's shape, and its tokens against a model.
 * @param vocabSize Ids must be below it.
 * @param maxTokens Longest path from the root, in tokens: the model's context.
 * @throws TreeError naming the tree, the node or field, and the remedy. The tree is not changed.
 */
export const validateTree = (
  tree: PreferenceTree,
  vocabSize = Number.POSITIVE_INFINITY,
  maxTokens = Number.POSITIVE_INFINITY,
): void => {
  const id = typeof tree?.id === 'string' ? tree.id : '(no id)';
  const fail: Fail = (field, problem) => {
    throw new TreeError(id, field, problem);
  };
  if (typeof tree?.id !== 'string' || tree.id === '') fail('id', 'must be a non-empty text');
  for (const field of ['nodes', 'responses', 'comparisons'] as const) {
    if (!Array.isArray(tree[field])) fail(field, `must be a list, but is ${shown(tree[field])}`);
  }
  if (tree.nodes.length === 0) fail('nodes', 'is empty; a tree has at least its prompt');

  const depth: number[] = [];
  tree.nodes.forEach((node, n) => {
    checkNode(node, n, vocabSize, fail);
    depth[n] = node.tokens.length + (n === 0 ? 0 : depth[node.parent]!);
    if (depth[n]! > maxTokens) {
      fail(
        `nodes[${n}]`,
        `ends ${depth[n]} tokens from the root, but at most ${maxTokens} fit; shorten the prompt or the response, or leave the row out`,
      );
    }
  });
  tree.responses.forEach((response, r) => {
    checkIndex(response?.leaf, tree.nodes.length, `responses[${r}].leaf`, 'nodes', fail);
    if (response.given !== undefined) {
      const field = `responses[${r}].given`;
      checkIndex(response.given, tree.nodes.length, field, 'nodes', fail);
      if (!pathOf(tree, response.leaf).includes(response.given)) {
        fail(
          field,
          `is ${response.given}, which is not on the path to node ${response.leaf}; give a node of that path`,
        );
      }
    }
    checkFinite(response.score, `responses[${r}].score`, fail);
    checkNumbers(response.labels, `responses[${r}].labels`, fail);
  });
  tree.comparisons.forEach((comparison, c) => {
    const field = `comparisons[${c}]`;
    checkIndex(comparison?.chosen, tree.responses.length, `${field}.chosen`, 'responses', fail);
    checkIndex(comparison.rejected, tree.responses.length, `${field}.rejected`, 'responses', fail);
    if (comparison.chosen === comparison.rejected) {
      fail(field, `compares response ${comparison.chosen} with itself; chosen and rejected must differ`);
    }
    checkFinite(comparison.margin, `${field}.margin`, fail);
  });
};
