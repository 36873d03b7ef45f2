import { z } from 'zod/mini';
import { sizeInWords } from '../util/size';
import type { HubFile } from './errors';
import { HubError } from './errors';
import type { HubContext } from './patience';
import { createPatience } from './patience';
import type { Repository } from './repository';
import { isPlainPath, listUrl } from './repository';
import type { HubResponse } from './request';
import { refusal, request } from './request';

/** The files of a repository at one commit. */
export interface Listing {
  commit: string;
  files: HubFile[];
}

/** Lists and indexes are small; what is larger is something else. */
const LARGEST_TEXT = 32_000_000;

const listSchema = z.object({
  sha: z.string().check(z.regex(/^[0-9A-Za-z_-]{1,64}$/)),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.optional(z.nullable(z.number())),
      lfs: z.optional(z.nullable(z.object({ sha256: z.optional(z.string()), size: z.optional(z.number()) }))),
    }),
  ),
});

const readText = async (response: HubResponse, what: string): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body()) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_TEXT) {
      throw new HubError(
        'content',
        `${what} is larger than ${sizeInWords(LARGEST_TEXT)}; it cannot be what it should.`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
};

/** Fetches JSON, with retries. @throws HubError */
export const fetchJson = async (
  url: string,
  repository: Repository,
  context: HubContext,
  what?: string,
): Promise<unknown> => {
  const patience = createPatience(context);
  for (;;) {
    let text: string;
    try {
      const response = await request(url, context);
      if (response.status !== 200) {
        response.close();
        throw refusal(response, repository, context.token !== undefined, what);
      }
      text = await readText(response, what ?? 'The list of files');
    } catch (error) {
      await patience.bear(error);
      continue;
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new HubError(
        'content',
        `${new URL(url).host} answered with something that is not JSON for ${what ?? repository.repo}; is ${repository.hub} the address of a hub?`,
      );
    }
  }
};

const listAtRevision = async (repository: Repository, context: HubContext): Promise<unknown> => {
  try {
    return await fetchJson(listUrl(repository, repository.revision), repository, context);
  } catch (error) {
    if (!(error instanceof HubError) || error.problem !== 'missing') throw error;
    // Not every hub says which of the two is missing.
    await fetchJson(listUrl(repository), repository, context);
    throw new HubError('missing', `${repository.repo} has no revision "${repository.revision}"; try main.`);
  }
};

/**
 * The files of a repository with sizes and, where the hub knows them, SHA-256, at the commit that the revision is now.
 * @throws HubError
 */
export const listFiles = async (repository: Repository, context: HubContext): Promise<Listing> => {
  const result = z.safeParse(listSchema, await listAtRevision(repository, context));
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new HubError(
      'content',
      `The list of files of ${repository.repo} is not as a hub gives it (${issue?.path.join('.') || 'list'}: ${issue?.message ?? 'not valid'}); is ${repository.hub} the address of a hub?`,
    );
  }
  const { sha, siblings } = result.data;
  const files = new Map<string, HubFile>();
  for (const { rfilename: name, size, lfs } of siblings) {
    const bytes = size ?? lfs?.size;
    // A file without a size, or with a name that leads elsewhere, is as good as absent: it cannot be checked or kept.
    if (bytes === undefined || !Number.isSafeInteger(bytes) || bytes < 0 || !isPlainPath(name)) continue;
    const sha256 = lfs?.sha256?.toLowerCase();
    files.set(name, { name, bytes, ...(sha256 && /^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}) });
  }
  return { commit: sha, files: [...files.values()] };
};
