// What a run has made, written where the person asked for it.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { unzipSync } from 'fflate';

/** Unpacks a zip into a folder; what is there under other names stays. */
const unpack = (zip, folder) => {
  const root = resolve(folder);
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zip)))) {
    const path = resolve(root, name);
    if (!path.startsWith(root + sep)) throw new Error(`${name} would be written outside of ${folder}.`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
};

/**
 * What to export, under which name in the folder of --out: a zip by the run's name, or folders by what is in them.
 * @param {Record<string, any>} options
 * @param {any} document the run document
 * @param {any} model its model's summary
 * @returns {{ what: 'adapter' | 'model', zip?: string }[]}
 */
export const wantedExports = (options, document, model) => {
  if (options.out === undefined) return [];
  const what = options.export ?? (document.adapter ? 'adapter' : 'model');
  if (options.export === undefined && !document.adapter && model?.builtIn) {
    return [{ what, zip: `${document.model}-${document.method.id}-seed${document.seed}.zip` }];
  }
  return what === 'both' ? [{ what: 'adapter' }, { what: 'model' }] : [{ what }];
};

/**
 * Writes one export. Where the type asked for cannot hold the weights, they are written in full: what was trained is not
 * lost for that.
 * @param {string} out
 * @param {{ what: string, zip?: string }} wanted
 * @param {string | undefined} dtype
 * @param {(path: string, dtype: string | undefined) => Promise<void>} fetch puts the zip at a path
 * @returns {Promise<{ path: string, note: string }>} the note says why the type is another one, if it is
 */
export const writeExport = async (out, { what, zip }, dtype, fetch) => {
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, '.incoming-')); // on the same disk, so that a file can be moved into place
  try {
    const path = join(folder, 'export.zip');
    let note = '';
    try {
      await fetch(path, dtype);
    } catch (error) {
      if (!dtype || dtype === 'F32' || !error.message.includes(`more than ${dtype} can hold`)) throw error;
      await fetch(path, 'F32');
      note = `--dtype ${dtype}: ${error.message} It was written as F32 instead.`;
    }
    const target = join(out, zip ?? what);
    if (zip) renameSync(path, target);
    else unpack(path, target);
    return { path: target, note };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
