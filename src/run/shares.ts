import { DataError } from '../data/data-error';
import type { PreferenceTree } from '../tree/tree';
import { plural } from '../util/count';

const promptOf = ({ nodes }: PreferenceTree): string => nodes[0]!.tokens.join(' ');

/**
 * A file shared out in parts of nearly as many prompts, in turns, so that no two have a prompt in common.
 * @param file its name, for the message
 * @throws DataError when there are fewer prompts than parts
 */
export const partsByPrompt = (
  trees: readonly PreferenceTree[],
  parts: number,
  file: string,
): PreferenceTree[][] => {
  if (parts === 1) return [[...trees]];
  const places = new Map<string, number>();
  const shares: PreferenceTree[][] = Array.from({ length: parts }, () => []);
  for (const tree of trees) {
    const prompt = promptOf(tree);
    const place = places.get(prompt) ?? places.size;
    places.set(prompt, place);
    shares[place % parts]!.push(tree);
  }
  if (places.size < parts) {
    throw new DataError(
      file,
      '',
      `has examples of ${plural(places.size, 'prompt')} to train on, and they are shared out among ${parts} rounds; give more, or fewer rounds`,
    );
  }
  return shares;
};

/** The trees with as many older ones of other prompts beside them as make up `share` of all, as far as there are. */
export const withReplay = (
  trees: readonly PreferenceTree[],
  older: readonly PreferenceTree[],
  share: number,
): PreferenceTree[] => {
  const [ids, prompts] = [new Set(trees.map(({ id }) => id)), new Set(trees.map(promptOf))];
  const others = older.filter((tree) => !ids.has(tree.id) && !prompts.has(promptOf(tree)));
  return [...trees, ...others.slice(0, Math.round((share / (1 - share)) * trees.length))];
};
