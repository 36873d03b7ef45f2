import { describe, expect, it } from 'vitest';
import { withMismatched } from '../../../src/run/mismatched';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';

const answered = (id: string, prompt: number[], ...steps: number[][]): PreferenceTree => ({
  id,
  nodes: [
    { parent: -1, tokens: prompt, role: 'prompt', scored: false },
    ...steps.map((tokens, i) => ({ parent: i, tokens, role: 'step' as const, scored: true })),
  ],
  responses: [{ leaf: steps.length, labels: { desirable: 1 } }],
  comparisons: [],
});

const short = answered('short prompt', [1], [11, 12, 13], [14, 15], [16]);
const long = answered('long prompt', [2, 3, 4, 5], [21, 22]);

/** Tokens along the path of the answer labelled `mismatched`. */
const mismatchedPath = (tree: PreferenceTree) => {
  const [{ leaf }] = tree.responses.filter(({ labels }) => labels?.['mismatched'] === 1) as [
    { leaf: number },
  ];
  return pathOf(tree, leaf).flatMap((n) => tree.nodes[n]!.tokens);
};

describe('answers of other prompts', () => {
  it('stand whole where there is room', () => {
    const mixed = withMismatched([short, long], 10);
    expect(mixed.map(mismatchedPath)).toEqual([
      [1, 21, 22],
      [2, 3, 4, 5, 11, 12, 13, 14, 15, 16],
    ]);
    expect(mixed.map(({ responses }) => responses.length)).toEqual([2, 2]);
  });

  it.each([
    [9, [2, 3, 4, 5, 11, 12, 13, 14, 15]],
    [8, [2, 3, 4, 5, 11, 12, 13, 14]],
    [7, [2, 3, 4, 5, 11, 12, 13]],
    [6, [2, 3, 4, 5, 11, 12]],
  ])('end at %i tokens together with the prompt', (longest, path) => {
    const [, mixed] = withMismatched([short, long], longest);
    expect(mismatchedPath(mixed!)).toEqual(path);
    // What was there is as it was, and no node is empty.
    expect(mixed!.nodes.slice(0, long.nodes.length)).toEqual(long.nodes);
    expect(mixed!.nodes.every(({ tokens }) => tokens.length > 0)).toBe(true);
  });
});
