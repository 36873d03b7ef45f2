// A static file server on this machine's own address, for the built page and for tests.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

const fileFor = async (root, pathname) => {
  const path = normalize(join(root, decodeURIComponent(pathname)));
  if (path !== root && !path.startsWith(root + sep)) return undefined;
  try {
    const info = await stat(path);
    if (info.isFile()) return { path, size: info.size };
    const index = join(path, 'index.html');
    return { path: index, size: (await stat(index)).size };
  } catch {
    return undefined;
  }
};

const listen = (server, port) =>
  new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      done(server.address().port);
    });
  });

/** @typedef {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => boolean} Handler */

/**
 * Serves a folder at http://localhost:<port>/.
 * @param {{ root: string, port?: number, fallback?: boolean, handle?: Handler }} options port 0 (the default) takes a
 *   free one; with `fallback` the next free one is taken when `port` is in use; `handle` sees each request first and
 *   returns true for those that it answers itself
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>}
 */
export const serveFolder = async ({ root, port = 0, fallback = false, handle = () => false }) => {
  const folder = resolve(root);
  const server = createServer(async (request, response) => {
    if (handle(request, response)) return;
    let file;
    try {
      file = await fileFor(folder, new URL(request.url ?? '/', 'http://localhost').pathname);
    } catch {
      file = undefined; // an address that does not decode
    }
    if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response
        .writeHead(file ? 405 : 404, { 'content-type': 'text/plain' })
        .end(file ? 'Only GET.' : 'Not found.');
      return;
    }
    response.writeHead(200, {
      'content-type': types[extname(file.path)] ?? 'application/octet-stream',
      'content-length': file.size,
      'cache-control': 'no-cache',
    });
    if (request.method === 'HEAD') response.end();
    else
      createReadStream(file.path)
        .on('error', () => response.destroy())
        .pipe(response);
  });
  let bound;
  for (let attempt = 0; ; attempt++) {
    try {
      bound = await listen(server, port === 0 ? 0 : port + attempt);
      break;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || !fallback || attempt > 50) throw error;
    }
  }
  return {
    url: `http://localhost:${bound}/`,
    port: bound,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
};
