/**
 * Trees that come with a built-in model: what the model made for one run document, by the run's own pipeline
 * (`scripts/make-trees.mjs`), so that the first run begins with training. They are data like any other stored set, and hold for every
 * device: a run with another document makes its own.
 */

import type { LoadedModel } from '../load/loaded-model';
import type { PreferenceTree } from '../tree/tree';

/** In the model's folder. Its first line is `{"key": ...}`, then there is one tree a line. */
export const MADE_TREES = 'made-trees.jsonl';

/** The file's text. */
export const writeMadeTrees = (key: string, trees: readonly PreferenceTree[]): string =>
  [{ key }, ...trees].map((line) => `${JSON.stringify(line)}\n`).join('');

/** Whether trees came with the model under this key. */
export const hasMadeTrees = ({ madeTrees: text }: Pick<LoadedModel, 'madeTrees'>, key: string): boolean =>
  text?.slice(0, text.indexOf('\n')) === JSON.stringify({ key });

/** What came with the model under this key (see `madeTreesKey`); undefined when that is nothing, or something else. */
export const madeTrees = (
  { madeTrees: text }: Pick<LoadedModel, 'madeTrees'>,
  key: string,
): PreferenceTree[] | undefined => {
  if (text === undefined || !hasMadeTrees({ madeTrees: text }, key)) return undefined;
  const [, ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as PreferenceTree);
};
