// docs/studies/ID.json: what was found of a study, one edition for each wording of it.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../terminal/usage-error.mjs';

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path}: is not JSON (${error.message}); mend it, or delete it to begin again.`);
  }
};

const list = (items, margin) =>
  items.length === 0
    ? '[]'
    : `[\n${items.map((item) => `${margin}${JSON.stringify(item)}`).join(',\n')}\n${margin.slice(1)}]`;

/** One run a line, so that a change shows what changed. */
const written = ({ study, editions, trials = [] }) =>
  `{\n "study": ${JSON.stringify(study)},\n "editions": [\n${editions
    .map(
      ({ runs, ...edition }) =>
        `  ${JSON.stringify(edition).slice(0, -1)},\n   "runs": ${list(runs, '    ')}}`,
    )
    .join(',\n')}\n ],\n "trials": ${list(trials, '  ')}\n}\n`;

/** @param {string} folder */
export const openStudyStore = (folder) => {
  const pathOf = (id) => join(folder, `${id}.json`);
  const read = (id) => {
    const path = pathOf(id);
    if (!existsSync(path)) return { study: id, editions: [], trials: [] };
    const value = readJson(path);
    if (!Array.isArray(value?.editions)) {
      throw new UsageError(`${path}: has no list "editions"; mend it, or delete it to begin again.`);
    }
    return { trials: [], ...value };
  };
  const write = (path, text) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.incoming`, text);
    renameSync(`${path}.incoming`, path); // whole or not at all
  };
  return {
    read,
    /** Reads a study's file anew, changes it and writes it. */
    change: (id, f) => write(pathOf(id), written(f(read(id)))),
    /** All runs and trials of all studies that succeeded, by their keys. */
    known: () => {
      const found = new Map();
      const files = existsSync(folder) ? readdirSync(folder) : [];
      for (const file of files.filter((name) => name.endsWith('.json') && name !== 'index.json')) {
        const { editions, trials } = read(file.slice(0, -5));
        for (const run of [...editions.flatMap(({ runs }) => runs), ...trials])
          if (run.failed === undefined) found.set(run.key, run);
      }
      return found;
    },
    writeIndex: (value) => write(join(folder, 'index.json'), `${JSON.stringify(value, null, 1)}\n`),
  };
};
