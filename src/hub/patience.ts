import { Fault, HubError } from './errors';

/** How long we put up with a hub that fails. Milliseconds. */
export interface RetryPolicy {
  /** Faults in a row, without progress between them, after which we give up. */
  retries: number;
  /** The wait after the first fault; it doubles with each. */
  firstWait: number;
  /** No wait is longer; a server that asks for a longer one is told to people instead. */
  longestWait: number;
  /** A server that sends nothing for so long is taken for gone. */
  stall: number;
  /** Bytes of new ground after which the faults so far are forgotten. */
  progress: number;
}

export const defaultPolicy: RetryPolicy = {
  retries: 5,
  firstWait: 500,
  longestWait: 60_000,
  stall: 60_000,
  progress: 1_000_000,
};

/** What all requests of one task share. */
export interface HubContext {
  token: string | undefined;
  signal: AbortSignal | undefined;
  policy: RetryPolicy;
  /** Hears in a sentence what a person should know: a wait, a fallback. */
  notice: (sentence: string) => void;
}

const sleep = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });

const seconds = (ms: number): string => {
  const s = Math.max(1, Math.round(ms / 1000));
  if (s < 120) return `${s} second${s === 1 ? '' : 's'}`;
  return `${Math.ceil(s / 60)} minutes`;
};

/** Counts faults and waits between attempts. */
export const createPatience = ({ policy, signal, notice }: HubContext) => {
  let faults = 0;
  let reached = 0;
  return {
    /** Forgets earlier faults when `position` lies far enough beyond all earlier ones. */
    progressed: (position: number) => {
      if (position - reached < policy.progress) return;
      reached = position;
      faults = 0;
    },
    /** Waits before the next attempt. @throws HubError when there have been too many; anything but a Fault at once */
    bear: async (error: unknown): Promise<void> => {
      signal?.throwIfAborted();
      if (!(error instanceof Fault)) throw error;
      const giveUp = (why: string) =>
        new HubError(error.problem, `${error.message} ${why}`, [], { cause: error });
      if (++faults > policy.retries) {
        throw giveUp(
          error.problem === 'offline'
            ? 'Check the connection and try again; what was downloaded is kept.'
            : 'It was tried several times; try again later.',
        );
      }
      if ((error.wait ?? 0) > policy.longestWait) {
        throw giveUp(`It asks to wait ${seconds(error.wait!)}; try again then.`);
      }
      const wait = error.wait ?? Math.min(policy.longestWait, policy.firstWait * 2 ** (faults - 1));
      notice(`${error.message} Trying again in ${seconds(wait)}.`);
      await sleep(wait, signal);
    },
  };
};
