/** Runs async functions one after another: what is computed never meets weights that another call is replacing. */
export const createMutex = () => {
  let tail: Promise<unknown> = Promise.resolve();
  return <T>(f: () => Promise<T>): Promise<T> => {
    const result = tail.then(f, f);
    tail = result.catch(() => undefined);
    return result;
  };
};

export type Mutex = ReturnType<typeof createMutex>;

/**
 * Gives waiting messages (pause, stop, a question from the page) their turn. A microtask would not: the WebAssembly
 * backend computes synchronously. A message channel has no 4 ms clamp as setTimeout has.
 */
export const yieldToMessages = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof MessageChannel === 'undefined') {
      setTimeout(resolve, 0);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
