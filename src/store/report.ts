import type { StorageItem, StorageReport } from '../../workers/protocol';
import type { Database } from './db';
import { read } from './db';

const rank: StorageItem['store'][] = ['runs', 'checkpoints', 'datasets', 'references', 'models'];

/** Items in the order people look for them: by kind, then the newest first. */
export const sortItems = (items: readonly StorageItem[]): StorageItem[] =>
  [...items].sort((a, b) => rank.indexOf(a.store) - rank.indexOf(b.store) || b.updated - a.updated);

/** What the browser says of this page's storage; zeros where it does not say. */
export const storageEstimate = async (): Promise<Pick<StorageReport, 'usage' | 'quota' | 'persisted'>> => {
  const manager = typeof navigator === 'undefined' ? undefined : navigator.storage;
  const [estimate, persisted] = await Promise.all([
    manager?.estimate?.().catch(() => undefined),
    manager?.persisted?.().catch(() => false),
  ]);
  return { usage: estimate?.usage ?? 0, quota: estimate?.quota ?? 0, persisted: persisted ?? false };
};

/** Everything stored, with its size, and the room there is. */
export const report = async (db: Database): Promise<StorageReport> => {
  const items = await read(db, ['items'], 'list what is stored', (tx) => tx.objectStore('items').getAll());
  return { items: sortItems(items), ...(await storageEstimate()), problem: '' };
};
