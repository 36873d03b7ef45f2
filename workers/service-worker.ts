/**
 * Keeps the built page for visits without a connection. Its script, worker, WebAssembly and built-in models are kept by
 * what is in them: a file is looked up under its SHA-256, so a build never mixes with another, and what did not change is
 * not fetched again. The page itself is asked from the network first, so that a new build is there with the next reload.
 * What is not of this build (other pages beside it, hubs, the library) goes past it.
 */
const worker = self as unknown as ServiceWorkerGlobalScope;

interface Kept {
  version: string;
  /** Files kept at once, by their path from the page's folder: their SHA-256. */
  now: Record<string, string>;
  /** Files kept when they are first used. */
  used: Record<string, string>;
}

// Written in by scripts/offline-files.mjs once the build is there.
const kept = JSON.parse('__OFFLINE_FILES__') as Kept;

/** How long a slow network may hold the page up that could be shown at once. */
const patienceMs = 4000;

const folder = new URL('./', worker.location.href);
const prefix = `marginalia ${folder.pathname} `;
const own = prefix + kept.version;

const hashOf = (path: string): string | undefined => kept.now[path] ?? kept.used[path];
const keyOf = (path: string, hash: string): string => new URL(`${path}?sha256=${hash}`, folder).href;

const sha256 = async (bytes: ArrayBuffer): Promise<string> =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

/** A copy of a response whose body has been read and decoded. */
const copyOf = (response: Response, bytes: ArrayBuffer): Response => {
  const headers = new Headers(response.headers);
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  return new Response(bytes, { headers });
};

/** @throws when the server has other bytes than this build, as in the middle of a deployment */
const fetchChecked = async (path: string, hash: string): Promise<Response> => {
  // What this visit has loaded already lies in the browser's cache.
  for (const cache of ['force-cache', 'reload'] as const) {
    const response = await fetch(new URL(path, folder), { cache });
    const bytes = await response.arrayBuffer();
    if (response.ok && (await sha256(bytes)) === hash) return copyOf(response, bytes);
  }
  throw new Error(`${path} is not the file of build ${kept.version}.`);
};

const keepAll = async () => {
  const cache = await caches.open(own);
  for (const [path, hash] of Object.entries(kept.now)) {
    const key = keyOf(path, hash);
    await cache.put(key, (await caches.match(key)) ?? (await fetchChecked(path, hash)));
  }
  // What an earlier build had kept because it was used, if it is the same now.
  for (const [path, hash] of Object.entries(kept.used)) {
    const known = await caches.match(keyOf(path, hash));
    if (known) await cache.put(keyOf(path, hash), known);
  }
  await worker.skipWaiting();
};

/** Tabs of the build before may still be open, and load parts of it; older ones are gone. */
const forget = async () => {
  const others = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== own);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await worker.clients.claim();
};

const page = async (request: Request): Promise<Response> => {
  const hash = kept.now['index.html'];
  const stored = hash === undefined ? undefined : await caches.match(keyOf('index.html', hash));
  const network = fetch(request);
  if (!stored) return network;
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs));
  const answer = await Promise.race([network, late]).catch(() => undefined);
  return answer && answer.status < 500 ? answer : stored;
};

const file = async (event: FetchEvent, path: string, hash: string): Promise<Response> => {
  const key = keyOf(path, hash);
  const stored = await caches.match(key);
  if (stored) return stored;
  const response = await fetch(event.request);
  const copy = response.clone();
  const keep = async () => {
    const bytes = await copy.arrayBuffer();
    if (copy.ok && (await sha256(bytes)) === hash)
      await (await caches.open(own)).put(key, copyOf(copy, bytes));
  };
  event.waitUntil(keep().catch(() => {})); // full: the next visit fetches it again
  return response;
};

/** A part of another build, whose name says what is in it. */
const earlier = async (request: Request): Promise<Response> =>
  (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);

worker.addEventListener('install', (event) => event.waitUntil(keepAll()));
worker.addEventListener('activate', (event) => event.waitUntil(forget()));
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || !url.href.startsWith(folder.href)) return;
  const path = decodeURI(url.pathname.slice(folder.pathname.length));
  if (request.mode === 'navigate') {
    if (path === '' || path === 'index.html') event.respondWith(page(request));
    return;
  }
  const hash = hashOf(path);
  if (hash !== undefined) event.respondWith(file(event, path, hash));
  else if (path.startsWith('assets/')) event.respondWith(earlier(request));
});
