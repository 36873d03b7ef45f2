import { Fault, HubError } from './errors';
import type { HubContext } from './patience';
import type { Repository } from './repository';

/** A response whose body can be left at any time. */
export interface HubResponse {
  status: number;
  headers: Headers;
  /** The body as it comes. @throws Fault when it breaks off or stalls; the signal's reason when aborted */
  body(): AsyncGenerator<Uint8Array>;
  /** Ends the connection if the body was not read to its end. */
  close(): void;
}

/**
 * Asks for an address, with the token if there is one: fetch drops that header when a redirect leads to another origin.
 * @throws Fault when there is no answer; the signal's reason when aborted
 */
export const request = async (
  url: string,
  { token, signal, policy }: HubContext,
  headers: Record<string, string> = {},
): Promise<HubResponse> => {
  signal?.throwIfAborted();
  const { host } = new URL(url);
  const controller = new AbortController();
  let stalled = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = () => clearTimeout(timer);
  const watch = () => {
    rest();
    timer = setTimeout(() => {
      stalled = true;
      controller.abort();
    }, policy.stall);
  };
  const stop = () => controller.abort();
  signal?.addEventListener('abort', stop, { once: true });
  const close = () => {
    rest();
    signal?.removeEventListener('abort', stop);
    controller.abort();
  };
  const translate = (error: unknown, broken: string): unknown => {
    close();
    if (signal?.aborted) return signal.reason;
    const cause = { cause: error };
    if (stalled) {
      return new Fault(
        'offline',
        `${host} sent nothing for ${policy.stall / 1000} seconds.`,
        undefined,
        cause,
      );
    }
    const offline = typeof navigator !== 'undefined' && navigator.onLine === false;
    return new Fault('offline', offline ? 'This machine is offline.' : broken, undefined, cause);
  };
  try {
    watch();
    const response = await fetch(url, {
      headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
      signal: controller.signal,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store', // large files go to our own storage, not also to the browser's cache
    });
    rest();
    const reader = response.body?.getReader();
    const body = async function* () {
      try {
        while (reader) {
          watch(); // only while we wait for the server: the reader of this body may be slow
          const { done, value } = await reader.read();
          rest();
          if (done) break;
          yield value;
        }
      } catch (error) {
        throw translate(error, `The connection to ${host} broke off.`);
      } finally {
        close();
      }
    };
    return { status: response.status, headers: response.headers, body, close };
  } catch (error) {
    throw translate(error, `${host} could not be reached.`);
  }
};

const retryAfter = (headers: Headers): number | undefined => {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
};

/**
 * What an answer other than the one hoped for means.
 * @param what is asked for, for example `model.safetensors`; undefined for the repository itself
 */
export const refusal = (
  { status, headers }: HubResponse,
  { hub, repo, revision, kind }: Repository,
  hasToken: boolean,
  what?: string,
): Error => {
  const code = headers.get('x-error-code');
  const { host } = new URL(hub);
  if (code === 'GatedRepo' || (status === 403 && code !== 'RepoNotFound')) {
    return new HubError(
      'access',
      `${repo} is gated: its terms must be accepted on its page at ${host}, and ${hasToken ? 'the token given does not show that; use one of an account that has' : 'a token of that account given here'}.`,
    );
  }
  if (status === 401) {
    return new HubError(
      'access',
      hasToken
        ? `${host} did not accept the token for ${repo}; check both, or whether its terms are accepted.`
        : `${repo} does not exist at ${host}, or it is private or gated and needs a token (of an account that has accepted its terms); check the id, or give a token.`,
    );
  }
  if (status === 404 || status === 410) {
    if (what !== undefined && code !== 'RepoNotFound' && code !== 'RevisionNotFound') {
      return new HubError('missing', `${repo} at revision ${revision} has no file ${what}.`);
    }
    return code === 'RevisionNotFound'
      ? new HubError('missing', `${repo} has no revision "${revision}"; try main.`)
      : new HubError('missing', `There is no ${kind} repository ${repo} at ${host}; check the spelling.`);
  }
  if (status === 429) return new Fault('busy', `${host} says it is asked too often.`, retryAfter(headers));
  if (status === 408 || status >= 500) {
    return new Fault('busy', `${host} failed (${status}).`, retryAfter(headers));
  }
  return new HubError('content', `${host} answered ${status} for ${what ?? repo}, which is not understood.`);
};
