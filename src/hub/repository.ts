import type { FileKind } from '../store/files';
import { HubError } from './errors';

/** The public Hugging Face hub. */
export const defaultHub = 'https://huggingface.co';

/** A repository at a hub, checked. */
export interface Repository {
  /** Absolute address without a slash at the end. */
  hub: string;
  kind: FileKind;
  /** `org/name` */
  repo: string;
  /** Branch, tag or commit. */
  revision: string;
}

const part = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;

const checkRepo = (text: string): string => {
  const repo = text.trim();
  const parts = repo.split('/');
  const good = parts.length === 2 && parts.every((p) => part.test(p) && !/--|\.\./.test(p));
  if (good && !repo.endsWith('.git')) return repo;
  throw new HubError(
    'input',
    `"${repo.slice(0, 120)}" is not a repository id; write it as "org/name", for example HuggingFaceTB/SmolLM2-135M-Instruct.`,
  );
};

const checkRevision = (text: string): string => {
  const revision = text.trim();
  const good = /^[\w][\w./-]{0,199}$/.test(revision) && !/\.\.|\/\/|\/$/.test(revision);
  if (good) return revision;
  throw new HubError(
    'input',
    `"${revision.slice(0, 120)}" is not a revision; use a branch, a tag or a commit, for example main.`,
  );
};

/** The address in one spelling. @throws HubError when it is not one of a hub */
export const checkHub = (text: string): string => {
  const wrong = (why: string) =>
    new HubError('input', `The hub's address ${why}; write it like ${defaultHub} or http://localhost:8080.`);
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw wrong('is not an address');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw wrong('must begin with https:// or http://');
  if (url.username || url.password) throw wrong('must not hold a name or password; use the token field');
  if (url.search || url.hash) throw wrong('must not have a ? or # in it');
  return url.href.replace(/\/+$/, '');
};

/**
 * Checks what a person typed.
 * @throws HubError ('input') that says what is wrong with it
 */
export const checkRepository = (request: {
  hub?: string | undefined;
  kind: FileKind;
  repo: string;
  revision?: string | undefined;
}): Repository => ({
  hub: checkHub(request.hub ?? defaultHub),
  kind: request.kind,
  repo: checkRepo(request.repo),
  revision: checkRevision(request.revision ?? 'main'),
});

/**
 * Checks a token, which is then held in memory, sent to the hub in a header, and never written anywhere.
 * @throws HubError ('input') without the token in it
 */
export const checkToken = (token: string | undefined, hub: string): string | undefined => {
  const trimmed = token?.trim();
  if (!trimmed) return undefined;
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new HubError('input', 'The token has characters that no token has; copy it again.');
  }
  const { protocol, hostname } = new URL(hub);
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (protocol !== 'https:' && !local) {
    throw new HubError(
      'input',
      `A token is not sent to ${hub}, which is not encrypted; use an https address.`,
    );
  }
  return trimmed;
};

/** Whether a path from a hub's list can be asked for and kept under its own name. */
export const isPlainPath = (name: string): boolean =>
  name.length > 0 &&
  name.length <= 500 &&
  !name.includes('\\') &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  !/[\u0000-\u001f\u007f]/.test(name) &&
  name.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');

const folder = (kind: FileKind) => (kind === 'dataset' ? 'datasets' : 'models');

/** Address of the repository's list of files with sizes and hashes, at a revision; without one, of the repository. */
export const listUrl = ({ hub, kind, repo }: Repository, revision?: string): string =>
  `${hub}/api/${folder(kind)}/${repo}${revision === undefined ? '' : `/revision/${encodeURIComponent(revision)}?blobs=true`}`;

/** Address of a file at a commit. */
export const fileUrl = ({ hub, kind, repo }: Repository, commit: string, name: string): string => {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `${hub}/${kind === 'dataset' ? 'datasets/' : ''}${repo}/resolve/${encodeURIComponent(commit)}/${path}`;
};
