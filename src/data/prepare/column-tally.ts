import { isMissing } from '../formats/labels';
import { isObject } from '../rows/parse-json';
import type { RowValue } from '../rows/row-source';
import type { ColumnMapping } from '../settings';
import type { Unused } from './notes';

const isEmpty = (value: unknown): boolean =>
  isMissing(value) ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

/** Counts, row by row, what stands in columns that no part is read from; the file's own columns are there from the start. */
export const columnTally = (columns: readonly string[], mapping: ColumnMapping) => {
  const used = new Set(Object.values(mapping).flat());
  const counts = new Map<string, number>();
  for (const column of columns) if (!used.has(column)) counts.set(column, 0);
  return {
    add(row: RowValue): void {
      for (const [column, value] of Object.entries(row)) {
        if (!used.has(column)) counts.set(column, (counts.get(column) ?? 0) + (isEmpty(value) ? 0 : 1));
      }
    },
    /** In the order of the file. */
    list: (): Unused[] => [...counts].map(([name, count]) => ({ name, count })),
  };
};
