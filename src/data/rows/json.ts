import { DataError } from '../data-error';
import { shownText, shownValue } from '../shown-text';
import type { ByteSource } from './byte-source';
import { allBytes } from './byte-source';
import { notUtf8 } from './encoding';
import { limits } from './limits';
import { isViewerRow, objectRow } from './object-row';
import { isObject, JsonProblem, parseJson } from './parse-json';
import type { Row } from './row-source';

const itemsOf = (name: string, value: unknown): { items: unknown[]; field: string } => {
  if (Array.isArray(value)) return { items: value as unknown[], field: '' };
  if (!isObject(value)) {
    throw new DataError(name, '', `holds ${shownValue(value)}; give a list of objects, one per example`);
  }
  const { rows } = value;
  if (Array.isArray(rows) && rows.length > 0 && rows.every(isViewerRow))
    return { items: rows, field: 'rows' };
  const lists = Object.entries(value).filter(([, v]) => Array.isArray(v) && v.some(isObject));
  if (lists.length === 1) return { items: lists[0]![1] as unknown[], field: lists[0]![0] };
  throw new DataError(
    name,
    '',
    lists.length === 0
      ? `is ${shownValue(value)} and no list of objects; give a list, one object per example`
      : `has several lists of objects (${lists
          .map(([key]) => `"${shownText(key, 30)}"`)
          .slice(0, 6)
          .join(', ')}); keep the one with the examples`,
  );
};

/** A list of objects, or an object with one such list in it. Read as a whole. */
export const readJson = async (source: ByteSource): Promise<Row[]> => {
  const { name } = source;
  const bytes = await allBytes(source, limits.json, 'Write it as JSONL, one object per line.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new DataError(name, '', notUtf8);
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new DataError(name, '', `${error.message}. For one object per line name the file .jsonl`);
  }
  const { items, field } = itemsOf(name, value);
  return items.map((item, i): Row => {
    const where = `${shownText(name, 120)}, ${field === '' ? 'item' : `"${shownText(field, 30)}" item`} ${i + 1}`;
    return isObject(item)
      ? objectRow(where, item)
      : { where, problem: 'is not an object with named fields', excerpt: shownValue(item) };
  });
};
