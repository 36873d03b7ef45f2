import type { SearchView, SearchViewNode } from '../../workers/protocol';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { PreferenceTree } from '../tree/tree';

/** What a search knew of a tree; undefined for a tree that was not searched. */
export const searchView = (
  tree: PreferenceTree,
  tokenizer: Pick<Tokenizer, 'decode'>,
): SearchView | undefined => {
  if (!tree.nodes.some(({ labels }) => labels?.['visits'] !== undefined)) return undefined;
  const nodes = tree.nodes.map(({ parent, tokens, labels = {} }): SearchViewNode => {
    const { prior, q, visits, value, correct } = labels;
    return {
      parent,
      text: tokenizer.decode(tokens),
      ...(prior !== undefined && { prior }),
      ...(q !== undefined && { q }),
      ...(visits !== undefined && { visits }),
      ...(value !== undefined && { value }),
      ...(correct !== undefined && { correct: correct > 0 }),
    };
  });
  const leafOf = (response: number) => tree.responses[response]!.leaf;
  const pairs = tree.comparisons.map(({ chosen, rejected }) => ({
    chosen: leafOf(chosen),
    rejected: leafOf(rejected),
  }));
  return { nodes, pairs };
};
