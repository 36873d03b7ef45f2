/**
 * The browser's locks among tabs; undefined where it has none, or refuses them as it refuses storage: in frames of another
 * site in private windows, or with their storage blocked. There every page stands for itself.
 */
export const webLocks = async (): Promise<LockManager | undefined> => {
  const manager: LockManager | undefined = globalThis.navigator?.locks;
  try {
    await manager?.query();
    return manager;
  } catch {
    return undefined;
  }
};
