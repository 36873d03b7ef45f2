// Whether a run's results and its store can be written where the person wants them: found out before anything is started.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from './usage-error.mjs';

const statOf = (path) => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

const because = (error) => error.code ?? error.message;

/** The folders from this one up that are not there yet, the outermost first. */
const missingFolders = (folder) => {
  const missing = [];
  for (let at = resolve(folder); !statOf(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  return missing;
};

/**
 * Makes the folder and writes into it, then leaves the disk as it was.
 * @param {string} flag for messages
 * @param {string} folder
 */
const checkFolder = (flag, folder) => {
  const there = statOf(folder);
  if (there && !there.isDirectory()) throw new UsageError(`${flag}: "${folder}" is a file; give a folder.`);
  const made = [];
  try {
    for (const missing of missingFolders(folder)) {
      mkdirSync(missing);
      made.push(missing);
    }
    rmSync(mkdtempSync(join(folder, '.trying-')), { recursive: true });
  } catch (error) {
    throw new UsageError(
      `${flag}: "${folder}" cannot be written to (${because(error)}); choose another folder.`,
    );
  } finally {
    for (const one of made.reverse()) rmdirSync(one);
  }
};

/** What an earlier run has left under a name in --out, and a new one may replace. */
const isOurs = (folder) => existsSync(join(folder, 'run.json'));

/**
 * Only what an earlier run has written is replaced: a folder of that name may be the very model that is to be tuned.
 * @param {string} out the folder of --out
 * @param {{ what: string, zip?: string }[]} wanted as wantedExports gives it
 */
export const checkTargets = (out, wanted) => {
  for (const { what, zip } of wanted) {
    const path = join(out, zip ?? what);
    const there = statOf(path);
    if (!there) continue;
    if (zip ? there.isDirectory() : !there.isDirectory())
      throw new UsageError(
        `--out: "${path}" is in the way, which is a ${zip ? 'folder' : 'file'}; move it, or choose another folder.`,
      );
    if (!zip && readdirSync(path).length > 0 && !isOurs(path)) {
      throw new UsageError(
        `--out: "${path}" holds other files (${readdirSync(path).slice(0, 3).join(', ')}), and only an earlier run's results are replaced; choose another folder.`,
      );
    }
  }
};

/** A file that is to be written: its folder is there, and nothing but a file of that name is in the way. */
const checkFile = (flag, path) => {
  const folder = dirname(resolve(path));
  if (!existsSync(folder))
    throw new UsageError(`${flag}: the folder of "${path}" does not exist; make it first.`);
  const there = statOf(path);
  if (there?.isDirectory()) throw new UsageError(`${flag}: "${path}" is a folder; give the name of a file.`);
  try {
    accessSync(there ? path : folder, constants.W_OK);
  } catch (error) {
    throw new UsageError(`${flag}: "${path}" cannot be written (${because(error)}); choose another place.`);
  }
};

/** A store is a folder of this program's own, or an empty one. */
const checkStore = (folder) => {
  checkFolder('--store', folder);
  if (!existsSync(folder) || existsSync(join(folder, 'address.json'))) return;
  const names = readdirSync(folder).filter((name) => name !== 'browser');
  if (names.length > 0) {
    throw new UsageError(
      `--store: "${folder}" holds other files (${names.slice(0, 3).join(', ')}) and is no store of this program; give an empty or a new folder.`,
    );
  }
};

/**
 * What can be told of the places before the browser is started.
 * @param {Record<string, any>} options
 */
export const checkPlaces = (options) => {
  if (options.out !== undefined) {
    checkFolder('--out', options.out);
    if (options.export !== undefined || options.lora) {
      const what = options.export ?? 'adapter';
      checkTargets(
        options.out,
        (what === 'both' ? ['adapter', 'model'] : [what]).map((name) => ({ what: name })),
      );
    }
  }
  if (options.store !== undefined) checkStore(options.store);
  for (const name of ['json', 'logits']) {
    if (options[name] !== undefined) checkFile(`--${name}`, options[name]);
  }
};
