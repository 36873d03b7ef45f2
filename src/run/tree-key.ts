import type { Params } from '../methods/params';
import { chosenWrappers } from '../sources/wrappers/index';
import type { RunDocument } from '../train/run-document';
import { sha256Hex } from '../util/hash';

/** All that the trees of a run, or of one of its passes, follow from beside the device. */
export interface Recipe {
  /** 'run', or the pass that has trees of its own. */
  owner: string;
  /** Id of the source. */
  source: string;
  params: Params;
  document: Pick<RunDocument, 'data' | 'seed'>;
  /** Hash of the weights that answer. */
  policyHash: string;
}

const dataOf = ({ document }: Recipe) => {
  const { task, difficulty, trees, maxTokens, wrappers, dataset } = document.data;
  // What is not there is not named: keys of what was stored before there were any stay as they were.
  const own = chosenWrappers(wrappers).map(({ id }) => [id, wrappers[id]]);
  return {
    task,
    difficulty,
    trees,
    maxTokens,
    ...(own.length > 0 && { wrappers: own }),
    ...(dataset && { dataset }),
  };
};

/** Key of the trees that a device makes: the same key always means the same trees. */
export const treeKey = (recipe: Recipe, device: { name: string; adapter: string }): Promise<string> => {
  const { owner, source, params, document, policyHash } = recipe;
  const parts = [source, params, dataOf(recipe), document.seed, owner, device.name, device.adapter];
  return sha256Hex([JSON.stringify(parts), policyHash]);
};

/** Key of trees that were made beforehand and serve every device. */
export const madeTreesKey = (recipe: Recipe): Promise<string> => {
  const { owner, source, params, document, policyHash } = recipe;
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [source, sorted, dataOf(recipe), document.seed, owner];
  return sha256Hex([JSON.stringify(parts), policyHash]);
};
