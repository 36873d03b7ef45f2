import type { PreferenceTree } from '../../tree/tree';
import { DataError } from '../data-error';
import type { Example, Text } from '../formats/example';
import type { Built } from './built';
import { heldOutBy } from './held-out';
import type { Tracker } from './tracker';

/** Tokens that trees may hold together; a list of numbers in memory each. */
const MAX_TOKENS = 100_000_000;

/** Where trees go: to those to train on, or to those kept from training. */
export interface Route {
  trees: PreferenceTree[];
  heldOut: PreferenceTree[];
  /** Of the trees to train on. */
  counts: { tokens: number; comparisons: number };
  /** @param prompt decides on which side the tree is. @throws DataError when there is too much */
  keep(example: Example, built: Built, prompt: Text): void;
}

export const createRoute = (
  file: string,
  settings: { seed: number; heldOut: number },
  tracker: Tracker,
): Route => {
  const isHeldOut = heldOutBy(settings.seed, settings.heldOut);
  const route: Route = {
    trees: [],
    heldOut: [],
    counts: { tokens: 0, comparisons: 0 },
    keep: (example, built, prompt) => {
      const size = built.tree.nodes.reduce((sum, node) => sum + node.tokens.length, 0);
      held += size;
      if (held > MAX_TOKENS) {
        throw new DataError(
          file,
          example.where,
          `holds more than ${MAX_TOKENS} tokens up to here; set a limit of rows`,
        );
      }
      tracker.used(example, built);
      if (isHeldOut(prompt)) {
        route.heldOut.push(built.tree);
        return;
      }
      route.trees.push(built.tree);
      route.counts.tokens += size;
      route.counts.comparisons += built.tree.comparisons.length;
    },
  };
  let held = 0;
  return route;
};
