/**
 * Has the built page kept for visits without a connection, once the engine runs: its files must not wait for those. A
 * page from the development server is not kept.
 * @param started settles when the engine has started, or has not
 */
export const keepOffline = (started: Promise<unknown>) => {
  // There is none on a page that came by plain http from another machine, nor in some private windows.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const register = () => void navigator.serviceWorker.register('service-worker.js').catch(() => {});
  const whenIdle = () => setTimeout(register, 1000);
  started.then(whenIdle, whenIdle);
};
