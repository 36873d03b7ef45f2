/** Asks for storage that the browser does not clear by itself. Only a page may ask; a worker learns how it stands. */
export const persist = async (): Promise<boolean> => {
  // The types of a worker have no `persist`; those of a page do.
  const manager: (Pick<StorageManager, 'persisted'> & { persist?: () => Promise<boolean> }) | undefined =
    typeof navigator === 'undefined' ? undefined : navigator.storage;
  if (!manager) return false;
  try {
    return (await (manager.persist ? manager.persist() : manager.persisted())) ?? false;
  } catch {
    return false;
  }
};
