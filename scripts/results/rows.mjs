// docs/results.json: one row for each method and seed, kept until its document or its model changes.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { UsageError } from '../terminal/usage-error.mjs';

/**
 * The stored rows.
 * @returns {any[]}
 */
export const readRows = (path) => {
  if (!existsSync(path)) return [];
  let value;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path}: is not JSON (${error.message}); mend it, or delete it to begin again.`);
  }
  if (!Array.isArray(value?.rows)) {
    throw new UsageError(`${path}: has no list "rows"; mend it, or delete it to begin again.`);
  }
  return value.rows;
};

/** Puts a row in the place of the one of its method and seed; what another process has written since stays. */
export const putRow = (path, row, order) => {
  const others = readRows(path).filter(({ method, seed }) => method !== row.method || seed !== row.seed);
  const place = ({ method }) => (order.includes(method) ? order.indexOf(method) : order.length);
  const rows = [...others, row].sort((a, b) => place(a) - place(b) || a.seed - b.seed);
  const lines = rows.map((r) => JSON.stringify(r)).join(',\n');
  writeFileSync(`${path}.incoming`, `{"rows":[\n${lines}\n]}\n`);
  renameSync(`${path}.incoming`, path); // whole or not at all
};
