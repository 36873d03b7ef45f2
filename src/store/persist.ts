/** Asks for storage that the browser does not clear by itself. Only a page may ask; a worker learns how it stands. */
export const persist = async (): Promise<boolean> => {
  const manager = typeof navigator === 'undefined' ? undefined : navigator.storage;
  if (!manager) return false;
  try {
    return (await (manager.persist ? manager.persist() : manager.persisted())) ?? false;
  } catch {
    return false;
  }
};
