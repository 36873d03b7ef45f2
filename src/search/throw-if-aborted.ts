/** Ends an aborted collection. @throws DOMException named AbortError, whatever reason the signal carries */
export const throwIfAborted = (signal: AbortSignal) => {
  if (signal.aborted) throw new DOMException('Collecting the data was stopped.', 'AbortError');
};
