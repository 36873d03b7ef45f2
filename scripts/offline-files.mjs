// What the built page keeps for visits without a connection, written into its service worker.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Not of the page: the library and its examples, the terminal's page, and what no browser of today asks for. */
const leftOut = [
  /^lib\//,
  /^examples\//,
  /^service-worker\.js$/,
  /^embed\.js$/,
  /^headless\.html$/,
  /^assets\/headless-/,
  /\.(ttf|woff)$/,
  /\/README\.md$/,
];

/** Large and not everyone's: kept by those who use it. */
const whenUsed = [
  /^models\/(?!index\.json$|arith-nano\/)/,
  /^data\//,
  /wasm(-threaded-simd)?-[^/]*\.wasm$/,
  /KaTeX_(Fraktur|SansSerif|Script|Typewriter)/,
];

/** Which of the three WebAssembly builds a browser loads that has SIMD and no shared memory. */
const everyones = /wasm-simd-[^/]*\.wasm$/;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * @param {string} root folder of the built page
 * @returns {{ version: string, now: Record<string, string>, used: Record<string, string> }} paths with their SHA-256
 */
export const offlineFiles = (root) => {
  const files = { now: {}, used: {} };
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, sep).length).split(sep).join('/'))
    .filter((name) => !leftOut.some((pattern) => pattern.test(name)))
    .sort();
  for (const name of names) {
    const used = !everyones.test(name) && whenUsed.some((pattern) => pattern.test(name));
    files[used ? 'used' : 'now'][name] = sha256(readFileSync(join(root, name)));
  }
  return { version: sha256(JSON.stringify(files)).slice(0, 12), ...files };
};

/**
 * Puts the list of files into the service worker of a built page, in the place of an earlier list if there is one.
 * @param {string} root folder of the built page
 */
export const writeServiceWorker = (root) => {
  const path = join(root, 'service-worker.js');
  const text = readFileSync(path, 'utf8');
  const place = /JSON\.parse\((["'`])(?:__OFFLINE_FILES__|\{(?:\\.|(?!\1)[^\\])*)\1\)/;
  if (!place.test(text)) throw new Error(`${path} has no place for the list of files.`);
  const list = JSON.stringify(JSON.stringify(offlineFiles(root)));
  writeFileSync(
    path,
    text.replace(place, () => `JSON.parse(${list})`),
  );
};
