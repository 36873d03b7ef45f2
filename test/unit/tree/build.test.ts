import { describe, expect, it } from 'vitest';
import { chainTree, pairTree } from '../../../src/tree/build';
import { packForest } from '../../../src/tree/pack';
import { treeStats } from '../../../src/tree/stats';
import type { PreferenceTree } from '../../../src/tree/tree';
import { TreeError, validateTree } from '../../../src/tree/validate';

describe('pairTree', () => {
  const tree = pairTree({
    id: 'p',
    prompt: [1, 2],
    sharedSteps: [[3]],
    chosenSteps: [[4, 5], [6], [7]],
    rejectedSteps: [[4, 5], [8]],
    margin: 0.5,
    labels: {
      chosen: { reward: 1 },
      chosenSteps: [{ value: 1 }, { value: 2 }],
      rejectedSteps: [undefined, { value: -1 }],
    },
  });

  it('writes common steps once and scores them in both responses', () => {
    validateTree(tree, 9, 8);
    expect(tree.nodes.map((n) => [n.parent, n.tokens, n.scored])).toEqual([
      [-1, [1, 2], false],
      [0, [3], false],
      [1, [4, 5], true],
      [2, [6], true],
      [3, [7], true],
      [2, [8], true],
    ]);
    expect(tree.nodes.map((n) => n.labels?.['value'])).toEqual([undefined, undefined, 1, 2, undefined, -1]);
    expect(tree.responses).toEqual([{ leaf: 4, labels: { reward: 1 } }, { leaf: 5 }]);
    expect(tree.comparisons).toEqual([{ chosen: 0, rejected: 1, margin: 0.5 }]);
    const batch = packForest([tree], { pad: 'none' });
    expect(batch.steps.map((s) => s.node)).toEqual([2, 3, 4, 2, 5]);
    expect(Array.from(batch.entries.target)).toEqual([4, 5, 6, 7, 4, 5, 8]);
    expect(treeStats([tree])).toEqual({ trees: 1, responses: 2, packed: 8, apart: 13, sharing: 13 / 8 });
  });

  it('takes a side that is the beginning of the other', () => {
    const short = pairTree({ id: 's', prompt: [1], chosenSteps: [[2], [3]], rejectedSteps: [[2]] });
    validateTree(short);
    expect(short.responses.map((r) => r.leaf)).toEqual([2, 1]);
  });

  it('refuses equal and empty sides', () => {
    const spec = { id: 'x', prompt: [1], chosenSteps: [[2]], rejectedSteps: [[2]] };
    expect(() => pairTree(spec)).toThrow(/Tree "x", rejectedSteps: is the same/);
    expect(() => pairTree({ ...spec, chosenSteps: [] })).toThrow(/chosenSteps: is empty/);
    expect(() => pairTree({ ...spec, rejectedSteps: [] })).toThrow(/rejectedSteps: is empty/);
  });
});

describe('chainTree', () => {
  it('is a prompt and one response', () => {
    const tree = chainTree({
      id: 'c',
      prompt: [1],
      sharedSteps: [[2]],
      steps: [[3], [4, 5]],
      score: 1,
      stepLabels: [{ value: 0 }],
    });
    validateTree(tree);
    expect(tree.nodes.map((n) => [n.parent, n.scored])).toEqual([
      [-1, false],
      [0, false],
      [1, true],
      [2, true],
    ]);
    expect(tree.responses).toEqual([{ leaf: 3, score: 1 }]);
    expect(tree.nodes[2]!.labels).toEqual({ value: 0 });
    expect(() => chainTree({ id: 'c', prompt: [1], steps: [] })).toThrow(/steps: is empty/);
  });
});

describe('treeStats', () => {
  it('is neutral on nothing', () => {
    expect(treeStats([])).toEqual({ trees: 0, responses: 0, packed: 0, apart: 0, sharing: 1 });
  });
});

describe('validateTree', () => {
  const good = pairTree({ id: 'row 7', prompt: [1, 2], chosenSteps: [[3]], rejectedSteps: [[4]] });
  const broken = (change: (tree: PreferenceTree) => void): PreferenceTree => {
    const tree = structuredClone(good);
    change(tree);
    return tree;
  };
  const cases: [string, PreferenceTree, RegExp][] = [
    [
      'no id',
      broken((t) => {
        t.id = '';
      }),
      /id: must be/,
    ],
    [
      'no nodes',
      broken((t) => {
        t.nodes = [];
      }),
      /nodes: is empty/,
    ],
    [
      'nodes not a list',
      broken((t) => {
        t.nodes = {} as never;
      }),
      /nodes: must be a list/,
    ],
    [
      'cycle',
      broken((t) => {
        t.nodes[1]!.parent = 2;
      }),
      /nodes\[1\]\.parent: is 2; a parent stands before/,
    ],
    [
      'own parent',
      broken((t) => {
        t.nodes[1]!.parent = 1;
      }),
      /nodes\[1\]\.parent/,
    ],
    [
      'root with parent',
      broken((t) => {
        t.nodes[0]!.parent = 0;
      }),
      /nodes\[0\]\.parent: is 0; the first node is the root/,
    ],
    [
      'second root',
      broken((t) => {
        t.nodes[2]!.parent = -1;
      }),
      /nodes\[2\]\.parent/,
    ],
    [
      'empty node',
      broken((t) => {
        t.nodes[1]!.tokens = [];
      }),
      /nodes\[1\]\.tokens: is empty/,
    ],
    [
      'token too big',
      broken((t) => {
        t.nodes[1]!.tokens = [3, 10];
      }),
      /nodes\[1\]\.tokens\[1\]: is 10, but token ids are from 0 to 9; use the tokenizer of the model/,
    ],
    [
      'negative token',
      broken((t) => {
        t.nodes[1]!.tokens = [-1];
      }),
      /nodes\[1\]\.tokens\[0\]: is -1/,
    ],
    [
      'half token',
      broken((t) => {
        t.nodes[1]!.tokens = [0.5];
      }),
      /nodes\[1\]\.tokens\[0\]: is 0\.5/,
    ],
    [
      'role',
      broken((t) => {
        t.nodes[1]!.role = 'judge' as never;
      }),
      /nodes\[1\]\.role: is "judge"; use one of prompt/,
    ],
    [
      'scored',
      broken((t) => {
        t.nodes[1]!.scored = 1 as never;
      }),
      /nodes\[1\]\.scored/,
    ],
    [
      'label',
      broken((t) => {
        t.nodes[1]!.labels = { value: Number.NaN };
      }),
      /nodes\[1\]\.labels\.value: is NaN/,
    ],
    [
      'leaf',
      broken((t) => {
        t.responses[1]!.leaf = 3;
      }),
      /responses\[1\]\.leaf: is 3, but nodes has 3 entries; give an index from 0 to 2/,
    ],
    [
      'score',
      broken((t) => {
        t.responses[1]!.score = Number.POSITIVE_INFINITY;
      }),
      /responses\[1\]\.score: is Infinity/,
    ],
    [
      'comparison range',
      broken((t) => {
        t.comparisons[0]!.rejected = 2;
      }),
      /comparisons\[0\]\.rejected: is 2/,
    ],
    [
      'comparison with itself',
      broken((t) => {
        t.comparisons[0]!.rejected = 0;
      }),
      /comparisons\[0\]: compares response 0 with itself/,
    ],
    [
      'margin',
      broken((t) => {
        t.comparisons[0]!.margin = Number.NaN;
      }),
      /comparisons\[0\]\.margin/,
    ],
  ];
  it.each(cases)('names the field: %s', (_, tree, message) => {
    expect(() => validateTree(tree, 10, 100)).toThrow(TreeError);
    expect(() => validateTree(tree, 10, 100)).toThrow(message);
  });

  it('accepts what is right, and refuses over-long paths by the tokens they have', () => {
    expect(() => validateTree(good, 5, 3)).not.toThrow();
    expect(() => validateTree(good, 5, 2)).toThrow(
      'Tree "row 7", nodes[1]: ends 3 tokens from the root, but at most 2 fit',
    );
    expect(() => validateTree(undefined as never)).toThrow(/Tree "\(no id\)"/);
  });
});
