/** A typed bag of state with listeners: all the state management the page has. */
export interface Store<S extends object> {
  get(): Readonly<S>;
  /** Shallow merge; listeners hear which keys really changed. */
  set(patch: Partial<S>): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (changed: ReadonlySet<keyof S>) => void): () => void;
}

export const createStore = <S extends object>(initial: S): Store<S> => {
  let state = initial;
  const listeners = new Set<(changed: ReadonlySet<keyof S>) => void>();
  return {
    get: () => state,
    set(patch) {
      const changed = new Set<keyof S>();
      for (const key of Object.keys(patch) as (keyof S)[]) {
        if (!Object.is(patch[key], state[key])) changed.add(key);
      }
      if (changed.size === 0) return;
      state = { ...state, ...patch };
      for (const listener of [...listeners]) listener(changed);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
