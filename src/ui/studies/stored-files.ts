import type { StoredStudy } from '../../studies/core/stored';

const files = import.meta.glob<StoredStudy>(['../../../docs/studies/*.json', '!**/index.json'], {
  import: 'default',
});

/** What is stored of a study; undefined where nothing is. Rejects where it cannot be loaded. */
export const storedStudy = async (id: string): Promise<StoredStudy | undefined> =>
  files[`../../../docs/studies/${id}.json`]?.();
