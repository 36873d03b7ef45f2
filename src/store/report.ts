import type { StorageItem, StorageReport } from '../../workers/protocol';
import type { Database } from './db';
import { read } from './db';
import { fileSetItem } from './items';
import type { MemoryFiles } from './memory-files';

const rank: StorageItem['store'][] = [
  'runs',
  'checkpoints',
  'datasets',
  'references',
  'models',
  'adapters',
  'dataFiles',
  'unfinished',
];

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

/** Everything stored, with its size, and the room there is. @param memory what found no room, which is said too */
export const report = async (db: Database, memory: MemoryFiles): Promise<StorageReport> => {
  const stored = await read(db, ['items'], 'list what is stored', (tx) => tx.objectStore('items').getAll());
  const volatile = memory.all();
  const items = new Map(stored.map((item) => [`${item.store}/${item.key}`, item]));
  for (const set of volatile) {
    const item = fileSetItem({ ...set, label: `${set.label} (in memory only)` });
    items.set(`${item.store}/${item.key}`, item);
  }
  const problem =
    volatile.length === 0
      ? ''
      : `The browser's storage had no room for ${volatile.map(({ label }) => label).join(', ')}; closing this page loses it.`;
  return { items: sortItems([...items.values()]), ...(await storageEstimate()), problem };
};

/** Bytes that the browser would still take; undefined where it does not say. */
export const storageRoom = async (): Promise<number | undefined> => {
  const { usage, quota } = await storageEstimate();
  return quota > 0 ? Math.max(0, quota - usage) : undefined;
};
