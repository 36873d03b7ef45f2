/** The storage could not do what was asked; nothing stored was changed. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** The browser gives this page no more room; nothing stored was changed. */
export class StoreFullError extends StoreError {
  override name = 'StoreFullError';
}

/** The run is open in another tab. */
export class RunLockedError extends StoreError {
  override name = 'RunLockedError';
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const nameOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';

/** What an IndexedDB failure means to a person. @param doing for example `save the checkpoint` */
export const asStoreError = (error: unknown, doing: string, bytes?: number): StoreError => {
  if (error instanceof StoreError) return error;
  const size = bytes === undefined ? '' : ` (${megabytes(bytes)})`;
  if (nameOf(error) === 'QuotaExceededError') {
    return new StoreFullError(
      `The browser's storage is full: could not ${doing}${size}. Nothing stored was changed. Delete old runs or models in the storage panel, then try again.`,
      { cause: error },
    );
  }
  if (nameOf(error) === 'InvalidStateError') {
    return new StoreError(
      `Could not ${doing}: the storage was closed, because another tab opened a newer version of this page or the browser cleared it. Reload this page.`,
      { cause: error },
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError(`Could not ${doing}: ${reason || nameOf(error) || 'the browser gave no reason'}.`, {
    cause: error,
  });
};
