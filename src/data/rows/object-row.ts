import { shownText } from '../shown-text';
import { isObject } from './parse-json';
import type { Row, RowValue } from './row-source';

const viewerFields = new Set(['row_idx', 'row', 'truncated_cells']);

/** A row as the hub's dataset viewer gives it: `{ row_idx, row, truncated_cells }`. */
export const isViewerRow = (value: unknown): value is RowValue & { row: RowValue } =>
  isObject(value) && isObject(value['row']) && Object.keys(value).every((field) => viewerFields.has(field));

/** An object of a JSON file as a row: itself, or what the hub's viewer has wrapped up in it. */
export const objectRow = (where: string, value: RowValue): Row => {
  if (!isViewerRow(value)) return { where, value };
  const cut = value['truncated_cells'];
  if (Array.isArray(cut) && cut.length > 0) {
    return {
      where,
      problem: 'has cells that the hub’s viewer has cut short; fetch the dataset’s own file',
      excerpt: shownText(cut.map(String).join(', ')),
    };
  }
  return { where, value: value.row };
};
