import { RunLockedError } from './errors';
import { webLocks } from './web-locks';

/** Locks of this tab: what the browser is asked for, until it has really let go. */
const held = new Map<string, Promise<void>>();
/** Those given back whose release is under way. */
const releasing = new Set<string>();

const prefix = 'marginalia/run/';
const nameOf = (runId: string) => prefix + runId;

/** Runs that some tab has open, this one's own among them; none where the browser does not tell. */
export const openRuns = async (): Promise<Set<string>> => {
  const { held: all = [] } = (await (await webLocks())?.query()) ?? {};
  return new Set(all.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
};

const refuse = (runId: string): RunLockedError =>
  new RunLockedError(
    `Run ${runId.slice(0, 8)} is open in another tab. Go on there, or close that tab first.`,
  );

/**
 * Makes this tab (worker) the only one that may train or delete the run, until the returned function is called or the
 * tab is gone. Uses Web Locks, which the browser frees when a tab dies.
 * @throws RunLockedError when the run is open elsewhere.
 */
export const lockRun = async (runId: string): Promise<() => void> => {
  const name = nameOf(runId);
  const locks = await webLocks();
  if (releasing.has(name)) await held.get(name); // a lock just given back here takes a moment to be free
  if (held.has(name)) throw refuse(runId);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const forget = () => {
    held.delete(name);
    releasing.delete(name);
  };
  if (!locks) {
    held.set(name, released.then(forget));
  } else {
    await new Promise<void>((granted, refused) => {
      const over = locks
        .request(name, { ifAvailable: true }, (lock) => {
          if (!lock) throw refuse(runId);
          granted();
          return released;
        })
        .finally(forget);
      held.set(
        name,
        over.catch(() => undefined),
      );
      over.catch(refused);
    });
  }
  let given = false;
  return () => {
    if (given) return;
    given = true;
    releasing.add(name);
    release();
  };
};
