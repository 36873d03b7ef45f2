// Files between the terminal and the page, however large: over the script's own server, at addresses nobody can guess.
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/**
 * A handler for `serveFolder`, and what it hands out. Addresses are paths from the server's root.
 * @returns {{ handle: import('../static-server.mjs').Handler, share: (path: string) => string,
 *   receive: (path: string) => string }}
 */
export const createExchange = () => {
  const secret = randomBytes(16).toString('hex');
  /** @type {Map<string, string>} address and path of what the page may read */
  const shared = new Map();
  /** @type {Map<string, string>} address and path of what it may write, once */
  const awaited = new Map();
  let count = 0;
  const address = () => `/exchange/${secret}/${count++}`;

  const give = (path, response) => {
    let size;
    try {
      size = statSync(path).size;
    } catch {
      response.writeHead(410).end(); // removed since it was named
      return;
    }
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': size,
      'cache-control': 'no-store',
    });
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
  };
  const take = async (path, request, response) => {
    try {
      await pipeline(request, createWriteStream(path));
      response.writeHead(204).end();
    } catch (error) {
      if (!response.headersSent) response.writeHead(500).end(`${path} cannot be written (${error.code}).`);
    }
  };

  return {
    handle: (request, response) => {
      const url = request.url ?? '';
      const readable = request.method === 'GET' ? shared.get(url) : undefined;
      if (readable !== undefined) {
        give(readable, response);
        return true;
      }
      const writable = request.method === 'POST' ? awaited.get(url) : undefined;
      if (writable === undefined) return false;
      awaited.delete(url);
      void take(writable, request, response);
      return true;
    },
    share: (path) => {
      const at = address();
      shared.set(at, path);
      return at;
    },
    receive: (path) => {
      const at = address();
      awaited.set(at, path);
      return at;
    },
  };
};
