import { DataError } from '../data-error';
import { isObject } from '../rows/parse-json';
import type { GoodRow, RowSource } from '../rows/row-source';
import type { ColumnMapping, FormatId } from '../settings';
import { shownText } from '../shown-text';
import { columnFor, resolveMapping } from './parts';
import { isMessages } from './read-messages';
import { asBoolean, asList, cell } from './read-value';

export interface Detected {
  format: FormatId;
  mapping: ColumnMapping;
  /** 1: the usual names; lower where names or contents leave room for another reading. */
  confidence: number;
  /** In a sentence, for the page. */
  why: string;
}

/** Columns of `{ solution, is_correct }`, as most of the first rows have them. */
export const solutionColumns = (columns: readonly string[], head: readonly GoodRow[]): string[] =>
  columns.filter((column) => {
    const own = head.map(({ value }) => cell(value, column)).filter((v) => v !== undefined && v !== null);
    const fit = own.filter(
      (v) =>
        isObject(v) &&
        typeof cell(v, 'solution') === 'string' &&
        asBoolean(cell(v, 'is_correct')) !== undefined,
    );
    return own.length > 0 && fit.length * 2 > own.length;
  });

const firstOf = (head: readonly GoodRow[], column: string | undefined): unknown =>
  column === undefined
    ? undefined
    : head.map(({ value }) => cell(value, column)).find((v) => v !== undefined && v !== null);

/** Names that leave no doubt. */
const usual: unknown[] = [
  'system',
  'tools',
  'prompt',
  'input',
  'history',
  'chosen',
  'rejected',
  'margin',
  'completion',
  'label',
  'messages',
  'responses',
  'completions',
  'scores',
  'initial_reason_steps',
  'full_chosen',
  'full_rejected',
];

/**
 * Tells the format of a file from the names of its columns and the contents of its first rows.
 * @throws DataError when no format fits, with the columns and what is wanted
 */
export const detectFormat = ({
  name,
  columns,
  head,
}: Pick<RowSource, 'name' | 'columns' | 'head'>): Detected => {
  const has = (part: Parameters<typeof columnFor>[0]) => columnFor(part, columns);
  const found = (format: FormatId, why: string, extra: ColumnMapping = {}): Detected => {
    const mapping = { ...resolveMapping(name, format, extra, columns), ...extra };
    const { solutions: byContent, ...byName } = mapping;
    const sure = byContent !== undefined || Object.values(byName).every((column) => usual.includes(column));
    return { format, mapping, confidence: sure ? 1 : 0.8, why };
  };

  const solutions = solutionColumns(columns, head);
  if (solutions.length > 0 && has('prompt')) {
    return found(
      'solutions',
      `${solutions.length} column${solutions.length === 1 ? '' : 's'} hold a solution and whether it is right`,
      { solutions },
    );
  }
  if (has('chosen') && has('rejected')) {
    if (has('prefix') && has('prompt')) {
      return found(
        'step-dpo',
        'there are a prompt, correct steps so far, and a chosen and a rejected next step',
      );
    }
    if (has('prompt')) return found('preference', 'there are prompt, chosen and rejected');
    return found(
      'implicit-preference',
      'there are chosen and rejected and no prompt; what both begin with is the prompt',
    );
  }
  const responses = has('responses');
  if (has('prompt') && responses !== undefined && asList(firstOf(head, responses))) {
    return found('ranked', 'there are a prompt and a list of responses');
  }
  if (has('prompt') && has('completion')) {
    const label = has('label');
    if (label !== undefined && label !== has('completion') && asBoolean(firstOf(head, label)) !== undefined) {
      return found(
        'unpaired',
        'there are a prompt, one completion, and a label that says whether it is good',
      );
    }
    return found(
      'prompt-completion',
      'there are a prompt and its completion, and nothing to compare it with',
    );
  }
  const messages = has('messages');
  if (messages !== undefined && isMessages(firstOf(head, messages))) {
    return found('messages', 'there is a conversation, and nothing to compare it with');
  }
  throw new DataError(
    name,
    'columns',
    `${columns
      .slice(0, 12)
      .map((c) => `"${shownText(c, 30)}"`)
      .join(
        ', ',
      )} are in no known format. Wanted are prompt, chosen and rejected, or one of the other formats: choose the format and say which column plays which part`,
  );
};
