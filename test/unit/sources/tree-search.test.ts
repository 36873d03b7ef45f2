import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import { TooFewTreesError } from '../../../src/search/tally';
import { treeSearch } from '../../../src/sources/tree-search';
import { pairsOf } from '../../../src/tree/pairs-of';
import { pathOf } from '../../../src/tree/paths';
import { validateTree } from '../../../src/tree/validate';
import { fakeContext, gather } from '../search/fake-context';

const make = (
  options: Parameters<typeof fakeContext>[0],
  params: Record<string, number | string | boolean> = {},
) => {
  const fake = fakeContext(options);
  return {
    ...fake,
    trees: () => gather(treeSearch.make(fake.context, { ...defaultParams(treeSearch), ...params })),
  };
};

describe('the source that searches', () => {
  it('makes trees whose pairs are what the search found, and says what it saw', async () => {
    const { trees, notes } = make({ count: 6, mistakes: 0.3 }, { trajectories: 1 });
    const made = await trees();
    expect(made).toHaveLength(6);
    for (const tree of made) {
      validateTree(tree);
      expect(tree.comparisons.length).toBeGreaterThan(0);
      for (const { chosen, rejected, margin } of tree.comparisons) {
        const [won, lost] = [tree.responses[chosen]!, tree.responses[rejected]!];
        expect(won.given).toBe(lost.given);
        const q = (leaf: number) => tree.nodes[leaf]!.labels!['q']!;
        expect(margin).toBeCloseTo(q(won.leaf) - q(lost.leaf), 6);
        expect(margin).toBeGreaterThanOrEqual(0.5);
        // Steps follow the same state; whole answers begin at the prompt.
        if (won.given === undefined) continue;
        expect([tree.nodes[won.leaf]!.parent, tree.nodes[lost.leaf]!.parent]).toEqual([won.given, won.given]);
      }
      // A visit of a node is one that came through a child, or its own.
      for (const [n, { labels }] of tree.nodes.entries()) {
        const below = tree.nodes.filter(({ parent }) => parent === n);
        const sum = below.reduce((total, child) => total + child.labels!['visits']!, 0);
        expect(labels!['visits']).toBeGreaterThanOrEqual(sum);
      }
    }
    expect(notes.at(-1)!.note).toMatch(
      /problems? searched, .* steps, .* answers of which .* wrong, \d+ pairs$/,
    );
    expect(notes.some(({ note }) => /; simulation 3 of 16$/.test(note))).toBe(true);
    expect(await make({ count: 6, mistakes: 0.3 }, { trajectories: 1 }).trees()).toEqual(made);
  });

  it('gives pairs one by one where that is asked for: the same ones, each cut to its own answers', async () => {
    const [whole] = await make({ count: 1, mistakes: 0.4 }).trees();
    const count = whole!.comparisons.length;
    const single = await make({ count, mistakes: 0.4 }, { grain: 'pair' }).trees();
    expect(single.map(({ nodes }) => nodes)).toEqual(pairsOf(whole!).map(({ nodes }) => nodes));
    for (const tree of single) {
      expect(tree.responses).toHaveLength(2);
      const used = new Set(tree.responses.flatMap(({ leaf }) => pathOf(tree, leaf)));
      expect(used.size).toBe(tree.nodes.length);
    }
  });

  it('judges by the value head once there is one', async () => {
    const fake = fakeContext({ count: 2, mistakes: 0.3 });
    let asked = 0;
    const context = {
      ...fake.context,
      values: async (sequences: readonly (readonly number[])[]) => {
        asked += sequences.length;
        return sequences.map((_, i) => (i % 2 === 0 ? 0.9 : -0.9));
      },
    };
    const trees = await gather(
      treeSearch.make(context, { ...defaultParams(treeSearch), judge: 'head', signed: true }),
    );
    expect(asked).toBeGreaterThan(0);
    const values = trees.flatMap(({ nodes }) => nodes.slice(1).map(({ labels }) => labels!['value']));
    expect(new Set(values)).toEqual(new Set([0.9, -0.9, 1, -1]));
  });

  it.each([
    ['none is wrong', { mistakes: 0 }, {}, /answers only 0 were wrong.*harder difficulty/],
    ['none is right', { mistakes: 1 }, {}, /answers none was right.*easier difficulty/],
    ['answers are cut off', { mistakes: 0.3, maxTokens: 12 }, {}, /cut off at 12 tokens.*data.maxTokens/],
    ['the gap is never reached', { mistakes: 0.3 }, { gap: 2 }, /differed in worth.*Lower the gap/],
  ])('says why when %s', async (_what, options, params, message) => {
    const { trees } = make({ count: 2, ...options }, { simulations: 4, children: 2, ...params });
    await expect(trees()).rejects.toThrow(TooFewTreesError);
    await expect(trees()).rejects.toThrow(message);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const { context } = fakeContext({ count: 50, signal: controller.signal });
    const running = treeSearch.make(
      { ...context, progress: () => controller.abort() },
      { ...defaultParams(treeSearch) },
    );
    await expect(gather(running)).rejects.toThrow(/stopped/);
  });
});
