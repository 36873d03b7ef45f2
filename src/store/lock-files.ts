import { webLocks } from './web-locks';

export interface LockOptions {
  signal?: AbortSignal;
  onWait?: () => void;
}

/** Locks that are waited for, by name. */
export interface Locks {
  /** Resolves with the function that gives it back. @throws the signal's reason */
  lock(name: string, options?: LockOptions): Promise<() => void>;
  /** Undefined when another has it. */
  tryLock(name: string): Promise<(() => void) | undefined>;
}

/** Locks among the callers of this object alone. */
export const createLocks = (): Locks => {
  /** Who waits, by lock that is taken. */
  const waiting = new Map<string, (() => void)[]>();
  const take = (name: string) => {
    if (!waiting.has(name)) waiting.set(name, []);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = waiting.get(name)?.shift();
      if (next) next();
      else waiting.delete(name);
    };
  };
  return {
    tryLock: async (name) => (waiting.has(name) ? undefined : take(name)),
    lock: async (name, { signal, onWait } = {}) => {
      signal?.throwIfAborted();
      const queue = waiting.get(name);
      if (queue) {
        onWait?.();
        await new Promise<void>((resolve, reject) => {
          const turn = () => {
            signal?.removeEventListener('abort', stop);
            resolve();
          };
          const stop = () => {
            queue.splice(queue.indexOf(turn), 1);
            reject(signal?.reason);
          };
          signal?.addEventListener('abort', stop, { once: true });
          queue.push(turn);
        });
      }
      return take(name);
    },
  };
};

/** Locks given back here that the browser has not let go of yet: it takes a moment. */
const releasing = new Map<string, Promise<unknown>>();

/** Holds a Web Lock. Resolves with undefined when `ifAvailable` and another has it. */
const request = (
  manager: LockManager,
  name: string,
  options: LockOptions,
): Promise<(() => void) | undefined> =>
  new Promise((granted, refused) => {
    let over: Promise<unknown> | undefined;
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (!lock) {
        granted(undefined);
        return undefined;
      }
      return new Promise<void>((release) => {
        granted(() => {
          release();
          if (over) releasing.set(name, over);
        });
      });
    };
    over = manager.request(name, options as { signal: AbortSignal }, hold);
    over.catch(refused).finally(() => {
      if (releasing.get(name) === over) releasing.delete(name);
    });
  });

const amongTabs = (manager: LockManager): Locks => {
  const full = (name: string) => `marginalia/files/${name}`;
  const tryLock = async (name: string) => {
    await releasing.get(full(name));
    return request(manager, full(name), { ifAvailable: true } as LockOptions & { ifAvailable: boolean });
  };
  return {
    tryLock,
    lock: async (name, { signal, onWait } = {}) => {
      signal?.throwIfAborted();
      const free = await tryLock(name);
      if (free) return free;
      onWait?.();
      return (await request(manager, full(name), signal ? { signal } : {}))!;
    },
  };
};

/** Locks among all tabs, which the browser frees when a tab dies; among this page's callers where it has no Web Locks. */
export const sharedLocks = (): Locks => {
  let found: Promise<Locks> | undefined;
  const locks = () => {
    found ??= webLocks().then((manager) => (manager ? amongTabs(manager) : createLocks()));
    return found;
  };
  return {
    tryLock: async (name) => (await locks()).tryLock(name),
    lock: async (name, options) => (await locks()).lock(name, options),
  };
};
