import fc from 'fast-check';
import type { PreferenceTree } from '../../../src/tree/tree';

export const vocabSize = 11;

/** Any valid tree: random shape, scored and unscored nodes (the root too), responses at any node from any on, comparisons. */
export const randomTree = (
  options: { nodes?: number; tokens?: number; responses?: number } = {},
): fc.Arbitrary<PreferenceTree> => {
  const { nodes = 7, tokens = 4, responses = 4 } = options;
  return fc
    .record({
      nodes: fc.array(
        fc.record({
          parent: fc.nat(),
          tokens: fc.array(fc.nat(vocabSize - 1), { minLength: 1, maxLength: tokens }),
          scored: fc.boolean(),
        }),
        { minLength: 1, maxLength: nodes },
      ),
      leaves: fc.array(fc.record({ node: fc.nat(), given: fc.option(fc.nat()) }), {
        minLength: 1,
        maxLength: responses,
      }),
      compare: fc.boolean(),
    })
    .map(
      ({ nodes, leaves, compare }): PreferenceTree => ({
        id: 't',
        nodes: nodes.map((node, n) => ({
          parent: n === 0 ? -1 : node.parent % n,
          tokens: node.tokens,
          role: n === 0 ? 'prompt' : 'step',
          scored: node.scored,
        })),
        responses: leaves.map(({ node, given }) => {
          const leaf = node % nodes.length;
          const above: number[] = [];
          for (let n = leaf; n >= 0; n = n === 0 ? -1 : nodes[n]!.parent % n) above.push(n);
          return { leaf, ...(given !== null && { given: above[given % above.length]! }) };
        }),
        comparisons: compare && leaves.length > 1 ? [{ chosen: 1, rejected: 0, margin: 2 }] : [],
      }),
    );
};

/** One to four trees with ids of their own. */
export const randomForest = (options?: Parameters<typeof randomTree>[0]): fc.Arbitrary<PreferenceTree[]> =>
  fc
    .array(randomTree(options), { minLength: 1, maxLength: 4 })
    .map((trees) => trees.map((tree, i) => ({ ...tree, id: `t${i}` })));
