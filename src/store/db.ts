import type { IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { openDB } from 'idb';
import { asStoreError, StoreError } from './errors';
import { migrations } from './migrations';
import type { Schema } from './schema';

export type Database = IDBPDatabase<Schema>;
export type StoreName = StoreNames<Schema>;
export type ReadTransaction = IDBPTransaction<Schema, StoreName[], 'readonly'>;
export type WriteTransaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>;

/** How long other tabs may take to let go of an older version, in milliseconds. */
const PATIENCE = 4000;

const openAndUpgrade = (name: string, version: number, onBlocked: () => void): Promise<Database> => {
  let failed: unknown;
  const opened = openDB<Schema>(name, version, {
    upgrade: (db, from, _to, tx) => {
      const upgrade = async () => {
        for (const migrate of migrations.slice(from, version)) await migrate(db, tx);
      };
      tx.done.catch(() => undefined); // `opened` rejects as well
      upgrade().catch((error: unknown) => {
        failed = error;
        tx.abort(); // the database stays as it was before the upgrade
      });
    },
    blocked: onBlocked,
    // Another tab wants to upgrade or delete the database: let it; later calls here say so.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  return opened.catch((error: unknown) => {
    throw failed ?? error;
  });
};

/**
 * Opens (makes, upgrades) the database.
 * @param version For tests of the upgrade; the current one otherwise.
 * @throws StoreError when the browser offers no IndexedDB, when other tabs hold an older version open, or when the
 *   database was made by a newer version of the program.
 */
export const openDatabase = async (name: string, version = migrations.length): Promise<Database> => {
  if (typeof indexedDB === 'undefined') throw new StoreError('This browser offers no IndexedDB.');
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Database>((resolve, reject) => {
      let tired = false;
      const wait = () => {
        timer = setTimeout(() => {
          tired = true;
          reject(
            new StoreError('Another tab with an older version of this page is open; close it and reload.'),
          );
        }, PATIENCE);
      };
      openAndUpgrade(name, version, wait).then((db) => (tired ? db.close() : resolve(db)), reject);
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'VersionError') {
      throw new StoreError(
        'What is stored was written by a newer version of this page; reload to get that version.',
        {
          cause: error,
        },
      );
    }
    throw asStoreError(error, 'open the storage');
  } finally {
    clearTimeout(timer);
  }
};

/** Reads in one transaction. f may await nothing but its requests. @param doing for example `read the run` */
export const read = async <T>(
  db: Database,
  stores: StoreName[],
  doing: string,
  f: (tx: ReadTransaction) => Promise<T>,
): Promise<T> => {
  try {
    return await f(db.transaction(stores, 'readonly'));
  } catch (error) {
    throw asStoreError(error, doing);
  }
};

/**
 * Writes in one transaction: all that f asks for, or nothing.
 * @param bytes Size of what is written, for the message when there is no room.
 * @param f Passes its requests to `add`. It may await nothing but requests.
 * @throws StoreFullError when there is no room, StoreError otherwise; then nothing was changed.
 */
export const write = async (
  db: Database,
  stores: StoreName[],
  doing: string,
  bytes: number | undefined,
  f: (tx: WriteTransaction, add: (request: Promise<unknown>) => void) => void | Promise<void>,
): Promise<void> => {
  let tx: WriteTransaction | undefined;
  try {
    // 'strict': on return the data survive a crash of the machine, not only of the tab.
    tx = db.transaction(stores, 'readwrite', { durability: 'strict' });
    tx.done.catch(() => undefined); // reported below, whatever comes first
    const requests: Promise<unknown>[] = [];
    await f(tx, (request) => {
      request.catch(() => undefined); // f may throw before they are awaited
      requests.push(request);
    });
    await Promise.all([...requests, tx.done]);
  } catch (error) {
    try {
      tx?.abort();
    } catch {
      // It has already aborted or never began.
    }
    await tx?.done.catch(() => undefined);
    // A full disk shows in the transaction's error; the requests' own say only that they were aborted.
    throw asStoreError(tx?.error ?? error, doing, bytes);
  }
};
