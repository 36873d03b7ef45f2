import { DataError } from '../data-error';
import { detectFormat, solutionColumns } from '../formats/detect';
import { resolveMapping } from '../formats/parts';
import type { RowSource } from '../rows/row-source';
import type { ColumnMapping, DatasetSettings, FormatId } from '../settings';

/** How the rows of a file are read. */
export interface Layout {
  format: FormatId;
  mapping: ColumnMapping;
  why: string | undefined;
}

/** As the settings say, or as the file looks. @throws DataError when they do not fit each other */
export const layoutOf = (source: RowSource, settings: DatasetSettings): Layout => {
  if (settings.format === 'auto') {
    const { format, mapping, why } = detectFormat(source, settings.mapping);
    return { format, mapping, why };
  }
  const { format } = settings;
  const own =
    settings.mapping.solutions ??
    (format === 'solutions' ? solutionColumns(source.columns, source.head) : []);
  const mapping = resolveMapping(
    source.name,
    format,
    { ...settings.mapping, ...(own.length > 0 && { solutions: own }) },
    source.columns,
  );
  if (format === 'solutions' && own.length === 0) {
    throw new DataError(
      source.name,
      'part "solutions"',
      'no column holds { solution, is_correct }; name them in mapping.solutions',
    );
  }
  return { format, mapping, why: undefined };
};
