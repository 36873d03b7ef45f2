// A model hub on this machine that can be told to misbehave, for tests of src/hub.
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

/**
 * One misbehaviour, used up by one request for a file (or for the list, under the name 'list'):
 *  - { do: 'break', after }         sends that many bytes of the body, then drops the connection
 *  - { do: 'status', status, headers? }
 *  - { do: 'ignore-range' }         answers 200 with the whole file
 *  - { do: 'wrong-range', start?, total? }  answers 206 with another part, and says so
 *  - { do: 'shifted', by }          answers 206, says the right part and sends another
 *  - { do: 'unsatisfiable' }        answers 416
 *  - { do: 'long-length', by }      declares more bytes than it sends
 *  - { do: 'short-length', by }     declares fewer bytes than there are
 *  - { do: 'clean-short', after }   ends in good order after so many bytes
 *  - { do: 'extra', bytes }         sends so many bytes more than there are
 *  - { do: 'other-bytes' }          the right number of wrong bytes
 *  - { do: 'login-page' }           answers 200 with a page
 *  - { do: 'stall', after }         sends so many bytes, then nothing
 *  - { do: 'trickle', size, pause } sends so many bytes every so many milliseconds
 *  - { do: 'gzip' }                 with Content-Encoding: gzip
 *  - { do: 'redirect', to }         302 to the same path at another origin
 *  - { do: 'change', text, etag, careless? }  the file is another one from now on; careless: If-Range is not heeded
 * @typedef {{ do: string, after?: number, status?: number, headers?: Record<string, string>, start?: number, total?: number,
 *   by?: number, bytes?: number, size?: number, pause?: number, to?: string, text?: string, etag?: string | null,
 *   careless?: boolean }} Fault
 * @typedef {{ body: Buffer, etag: string | null, sha256?: string, size?: number }} StoredFile
 * @typedef {{ kind: 'model' | 'dataset' | 'adapter', id: string, commit: string, branch: string, gated?: boolean,
 *   token?: string, files: Map<string, StoredFile>, faults: Map<string, Fault[]> }} Repo
 * @typedef {{ path: string, method: string, headers: import('node:http').IncomingHttpHeaders }} Asked
 */

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const send = async (response, body, fault) => {
  switch (fault?.do) {
    case 'break':
    case 'long-length':
      response.write(body.subarray(0, fault.do === 'break' ? fault.after : undefined), () =>
        // The bytes are on their way before the connection goes.
        setTimeout(() => response.socket?.destroy(), 5),
      );
      return;
    case 'stall':
      response.write(body.subarray(0, fault.after));
      return;
    case 'trickle':
      for (let at = 0; at < body.length && !response.destroyed; at += fault.size) {
        response.write(body.subarray(at, at + fault.size));
        await pause(fault.pause);
      }
      response.end();
      return;
    case 'short-length':
      response.write(body, () => setTimeout(() => response.socket?.destroy(), 5));
      return;
    case 'clean-short':
      response.end(body.subarray(0, fault.after));
      return;
    case 'extra':
      response.end(Buffer.concat([body, Buffer.alloc(fault.bytes, 1)]));
      return;
    default:
      response.end(body);
  }
};

const serveFile = async (request, response, file, fault) => {
  if (fault?.do === 'status') {
    response.writeHead(fault.status, fault.headers ?? {}).end('no');
    return;
  }
  if (fault?.do === 'redirect') {
    response.writeHead(302, { location: new URL(request.url, fault.to).href }).end();
    return;
  }
  if (fault?.do === 'login-page') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Please log in</h1>');
    return;
  }
  const { body, etag } = file;
  const headers = { 'content-type': 'application/octet-stream', ...(etag ? { etag } : {}) };
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const conditional = fault?.careless ? undefined : request.headers['if-range'];
  const start = match && (conditional === undefined || conditional === etag) ? Number(match[1]) : 0;
  const ranged = match !== null && (conditional === undefined || conditional === etag);
  if (fault?.do === 'unsatisfiable' || (ranged && start >= body.length)) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  let part = body;
  let status = 200;
  if (ranged && fault?.do !== 'ignore-range') {
    status = 206;
    let from = start;
    let said = start;
    let total = body.length;
    if (fault?.do === 'wrong-range') {
      from = said = fault.start ?? start;
      total = fault.total ?? total;
    }
    if (fault?.do === 'shifted') from = Math.max(0, start - fault.by);
    part = body.subarray(from, fault?.do === 'shifted' ? body.length - (start - from) : undefined);
    headers['content-range'] = `bytes ${said}-${total - 1}/${total}`;
  }
  if (fault?.do === 'other-bytes') part = Buffer.from(part.map((byte) => byte ^ 0x55));
  if (fault?.do === 'gzip' && status === 200) {
    part = gzipSync(part);
    headers['content-encoding'] = 'gzip';
  }
  const lies = { 'long-length': fault?.by, 'short-length': -(fault?.by ?? 0) }[fault?.do] ?? 0;
  if (!['clean-short', 'extra', 'trickle'].includes(fault?.do)) {
    headers['content-length'] = Math.max(0, part.length + lies);
  }
  response.writeHead(status, headers);
  await send(response, part, fault);
};

/**
 * Starts the hub at a free port.
 * @param {{ allowHeaders?: string, exposeHeaders?: string }} [cors] what pages of other origins may send and read
 */
export const startHubServer = async (cors = {}) => {
  /** @type {Repo[]} */
  const repos = [];
  /** @type {Asked[]} */
  const requests = [];
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();

  const add = ({ files, ...rest }) => {
    /** @type {Repo} */
    const repo = {
      kind: 'model',
      commit: 'c0ffee'.padEnd(40, '0'),
      branch: 'main',
      faults: new Map(),
      ...rest,
      files: new Map(
        Object.entries(files).map(([name, file]) => [
          name,
          { etag: `"${name}-1"`, ...file, body: Buffer.from(file.body) },
        ]),
      ),
    };
    const old = repos.findIndex(({ kind, id }) => kind === repo.kind && id === repo.id);
    if (old >= 0) repos.splice(old, 1, repo);
    else repos.push(repo);
    return repo;
  };

  const listing = (repo) => ({
    id: repo.id,
    sha: repo.commit,
    siblings: [...repo.files].map(([rfilename, { body, sha256, size }]) => ({
      rfilename,
      size: size ?? body.length,
      blobId: 'ignored',
      ...(sha256 ? { lfs: { sha256, size: size ?? body.length, pointerSize: 134 } } : {}),
    })),
  });

  const server = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', cors.allowHeaders ?? 'authorization, range, if-range');
    response.setHeader(
      'access-control-expose-headers',
      cors.exposeHeaders ?? 'etag, content-range, retry-after, x-error-code',
    );
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    const url = new URL(request.url, 'http://hub');
    if (url.pathname === '/_add' || url.pathname === '/_fault' || url.pathname === '/_requests') {
      let text = '';
      for await (const piece of request) text += piece;
      const told = text ? JSON.parse(text) : undefined;
      if (url.pathname === '/_add') add(told);
      if (url.pathname === '/_fault') {
        const repo = repos.find(({ id }) => id === told.id);
        repo.faults.set(told.name, told.faults);
      }
      response.end(JSON.stringify(requests));
      return;
    }
    requests.push({ path: request.url, method: request.method, headers: request.headers });
    const refuse = (status, code) =>
      response.writeHead(status, code ? { 'x-error-code': code } : {}).end('Refused.');
    const list = /^\/api\/(models|datasets)\/([^/]+\/[^/]+)(?:\/revision\/([^/]+))?$/.exec(url.pathname);
    const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const isDataset = list ? list[1] === 'datasets' : file?.[1] !== undefined;
    const repo = repos.find(
      ({ kind, id }) => id === (list ?? file)?.[2] && (kind === 'dataset') === isDataset,
    );
    if (!repo) return refuse(404, 'RepoNotFound');
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (repo.gated && token !== repo.token) return refuse(token ? 403 : 401, 'GatedRepo');
    const name = list ? 'list' : decodeURIComponent(file[4]);
    const revision = decodeURIComponent((list ?? file)[3] ?? repo.branch);
    const fault = repo.faults.get(name)?.shift();
    if (revision !== repo.branch && revision !== repo.commit) return refuse(404);
    if (list) {
      await serveFile(
        request,
        response,
        { body: Buffer.from(JSON.stringify(listing(repo))), etag: null },
        fault,
      );
      return;
    }
    const found = repo.files.get(name);
    if (!found) return refuse(404, 'EntryNotFound');
    if (fault?.do === 'change') {
      found.body = Buffer.from(fault.text ?? '');
      found.etag = fault.etag ?? null;
    }
    await serveFile(request, response, found, fault);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    /** Everything asked for so far, preflights left out. */
    requests,
    /** Adds or replaces a repository: `files` by name, each with `body`, and `sha256`, `etag`, `size` if wanted. */
    add,
    /** What the next requests for the file meet, one after another. */
    fault: (/** @type {Repo} */ repo, /** @type {string} */ name, /** @type {Fault[]} */ faults) =>
      repo.faults.set(name, faults),
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done(undefined));
      }),
  };
};
