import type { FileWriter } from '../store/files';
import { createSha256, type Sha256 } from '../util/sha256';
import type { HubFile } from './errors';
import { Fault, HubError } from './errors';
import type { HubContext } from './patience';
import { createPatience } from './patience';
import type { Repository } from './repository';
import { fileUrl } from './repository';
import type { HubResponse } from './request';
import { refusal, request } from './request';

/** An ETag that vouches for every byte; a weak one (`W/`) does not. */
const strongEtag = (headers: Headers): string | undefined => {
  const etag = headers.get('etag')?.trim();
  return etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined;
};

/** Whether the answer holds the bytes from `offset` on; undefined where the server's CORS rules hide the header. */
const startsAt = (headers: Headers, offset: number, bytes: number): boolean | undefined => {
  const text = headers.get('content-range');
  if (text === null) return undefined;
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(text.trim());
  return (
    match !== null &&
    Number(match[1]) === offset &&
    Number(match[2]) >= offset &&
    Number(match[2]) < bytes &&
    (match[3] === '*' || Number(match[3]) === bytes)
  );
};

/** One file on its way from a repository into a writer. */
interface Transfer {
  repository: Repository;
  commit: string;
  file: HubFile;
  writer: FileWriter;
  context: HubContext;
  /** Told how many bytes are there. */
  at: (position: number) => void;
}

/**
 * Fetches a file, from where the writer's parts end, until it is whole and what it should be.
 *
 * Parts of two answers are joined only where something vouches for them: the same strong ETag, or a SHA-256 at the end.
 * Whatever a server sends in answer to a range, the parts are the start of the file or are deleted.
 * @throws HubError; the signal's reason when aborted. What was fetched stays in the writer, unless it proved wrong.
 */
export const fetchFile = async ({
  repository,
  commit,
  file,
  writer,
  context,
  at,
}: Transfer): Promise<void> => {
  const { name, bytes, sha256 } = file;
  const url = fileUrl(repository, commit, name);
  const patience = createPatience(context);
  let hash: Sha256 | undefined;
  let ranges = true;
  let ifRange = true;
  let joined = writer.have(name) > 0;
  let restarted = false;
  /** Whether the answer under way said which bytes of how many it holds. */
  let located = false;

  const startOver = async () => {
    await writer.reset(name);
    hash = sha256 ? createSha256() : undefined;
    joined = false;
    at(0);
  };

  const take = async (chunk: Uint8Array) => {
    const have = writer.have(name);
    if (have + chunk.byteLength > bytes) {
      await startOver();
      throw new Fault('content', `The hub sent more than the ${bytes} bytes that ${name} should have.`);
    }
    await writer.write(name, have, chunk);
    hash?.update(chunk);
    at(have + chunk.byteLength);
    patience.progressed(have + chunk.byteLength);
  };

  /** Checks that the answer goes on at `offset`. Returns how many of its bytes are there already. */
  const accept = async (response: HubResponse, offset: number, askedIf: boolean): Promise<number> => {
    const etag = strongEtag(response.headers);
    const stored = writer.etag(name);
    const same = etag !== undefined && etag === stored;
    located = false;
    if (response.status === 200) {
      if (offset > 0 && same) return offset;
      if (offset > 0) await startOver();
      if (etag) writer.note(name, { etag });
      return 0;
    }
    if (response.status === 206 && offset > 0) {
      const right = startsAt(response.headers, offset, bytes);
      const vouched = sha256 !== undefined || same || (etag === undefined && stored !== undefined && askedIf);
      const changed = etag !== undefined && stored !== undefined && !same;
      if (right !== false && vouched && !changed && (right || sha256 !== undefined)) {
        located = right === true;
        return 0;
      }
      ranges = changed;
      await startOver();
      throw new Fault(
        'content',
        changed ? `${name} changed on the hub.` : `The hub sent another part of ${name}.`,
      );
    }
    if (response.status === 416 || response.status === 206) {
      ranges = false;
      await startOver();
      throw new Fault('content', `The hub did not send the part of ${name} that was asked for.`);
    }
    throw refusal(response, repository, context.token !== undefined, name);
  };

  const attempt = async () => {
    if (writer.have(name) > 0 && (!ranges || !(writer.etag(name) || sha256))) await startOver();
    const offset = writer.have(name);
    const headers: Record<string, string> = {};
    const etag = writer.etag(name);
    const askedIf = offset > 0 && ifRange && etag !== undefined;
    if (offset > 0) headers['range'] = `bytes=${offset}-`;
    if (askedIf) headers['if-range'] = etag;
    let response: HubResponse;
    try {
      response = await request(url, context, headers);
    } catch (error) {
      // A server may refuse this header to pages of other origins; we then compare the ETag ourselves.
      if (askedIf) ifRange = false;
      throw error;
    }
    try {
      let skip = await accept(response, offset, askedIf);
      if (offset > 0 && writer.have(name) === offset) joined = true;
      for await (const chunk of response.body()) {
        const dropped = Math.min(skip, chunk.byteLength);
        skip -= dropped;
        if (dropped < chunk.byteLength) await take(chunk.subarray(dropped));
      }
    } finally {
      response.close();
    }
    if (writer.have(name) < bytes) {
      // It ended as if it were whole. What tells the start of the file from something else, such as a login page?
      const fault = new Fault(
        'content',
        `The hub sent ${writer.have(name)} of the ${bytes} bytes of ${name}.`,
      );
      if (!writer.etag(name) && !located) await startOver();
      throw fault;
    }
  };

  /** Whether the whole file is the right one; otherwise its parts are deleted. @throws HubError when that is final */
  const check = async (): Promise<boolean> => {
    if (!hash || hash.hex() === sha256) return true;
    const again = joined && !restarted;
    await startOver();
    restarted = true;
    ranges = false;
    if (again) {
      context.notice(`The parts of ${name} do not fit together; it is fetched again from its start.`);
      return false;
    }
    throw new HubError(
      'content',
      `${name} of ${repository.repo} is not the file that the hub lists (its SHA-256 differs). What was fetched of it was deleted; try again.`,
    );
  };

  if (sha256) {
    hash = createSha256();
    for await (const chunk of writer.read(name)) {
      context.signal?.throwIfAborted();
      hash.update(chunk);
    }
  }
  at(writer.have(name));
  for (;;) {
    while (writer.have(name) < bytes) {
      try {
        await attempt();
      } catch (error) {
        await patience.bear(error);
      }
    }
    if (await check()) return;
  }
};
