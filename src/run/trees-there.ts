import type { LoadedModel } from '../load/loaded-model';
import type { Store } from '../store/store';
import type { BackendInfo } from '../tf';
import { hasMadeTrees } from '../train/made-trees';
import type { RunDocument } from '../train/run-document';
import { madeTreesKey, treeKey } from './tree-key';

/**
 * Whether the trees of a run on built-in problems are there before it begins: they came with the model, or an earlier run stored
 * them. Says no where it cannot tell, as with trees that go by other models' weights too, or an adapter that was trained before.
 */
export const treesAreThere = async (
  document: RunDocument,
  model: LoadedModel,
  store: Pick<Store, 'hasDataset'>,
  device: Pick<BackendInfo, 'name' | 'adapter'>,
): Promise<boolean> => {
  const { source, dataset } = document.data;
  if (!source || dataset || document.adapter) return false;
  const { id, params } = source;
  const recipe = { owner: 'run', source: id, params, document, policyHash: model.hash };
  return (
    hasMadeTrees(model, await madeTreesKey(recipe)) || (await store.hasDataset(await treeKey(recipe, device)))
  );
};
