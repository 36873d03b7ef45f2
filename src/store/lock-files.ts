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

/** Holds a Web Lock. Resolves with undefined when `ifAvailable` and another has it. */
const request = (name: string, options: LockOptions): Promise<(() => void) | undefined> =>
  new Promise((granted, refused) => {
    navigator.locks
      .request(name, options as { signal: AbortSignal }, (lock) => {
        if (!lock) {
          granted(undefined);
          return undefined;
        }
        return new Promise<void>((release) => granted(() => release()));
      })
      .catch(refused);
  });

/** Locks among all tabs, which the browser frees when a tab dies; among this page's callers where it has no Web Locks. */
export const sharedLocks = (): Locks => {
  if (typeof navigator === 'undefined' || !navigator.locks) return createLocks();
  const tryLock = (name: string) =>
    request(`marginalia/files/${name}`, { ifAvailable: true } as LockOptions & { ifAvailable: boolean });
  return {
    tryLock,
    lock: async (name, { signal, onWait } = {}) => {
      signal?.throwIfAborted();
      const free = await tryLock(name);
      if (free) return free;
      onWait?.();
      return (await request(`marginalia/files/${name}`, signal ? { signal } : {}))!;
    },
  };
};
