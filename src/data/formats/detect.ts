import { DataError } from '../data-error';
import { isObject } from '../rows/parse-json';
import type { GoodRow, RowSource } from '../rows/row-source';
import type { ColumnMapping, FormatId } from '../settings';
import { shownText } from '../shown-text';
import { isMissing } from './labels';
import type { Part } from './parts';
import { columnFor, hasPart, missing, resolveMapping } from './parts';
import { isMessages } from './read-messages';
import { asBoolean, asList, cell } from './read-value';
import { areJudgedSteps } from './stepwise';

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
  column === undefined ? undefined : head.map(({ value }) => cell(value, column)).find((v) => !isMissing(v));

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
  'response_0',
  'response_1',
  'better_response_id',
  'completion',
  'label',
  'messages',
  'responses',
  'completions',
  'scores',
  'initial_reason_steps',
  'full_chosen',
  'full_rejected',
  'labels',
];

interface Candidate {
  format: FormatId;
  /** Why the file has it, or undefined when it does not. */
  why: string | undefined;
  solutions?: string[];
}

/** What there is to know about the columns: which plays a part, and what stands in it first. */
interface Look {
  has(part: Part): string | undefined;
  first(part: Part): unknown;
  solutions: string[];
}

/** Every format that columns and contents allow, the one that uses most of them first. */
const candidates = ({ has, first, solutions }: Look): Candidate[] => {
  const when = (fits: unknown, why: string) => (fits ? why : undefined);
  const compared = has('chosen') && has('rejected');
  const answered = has('prompt') && has('completion');
  const talk = has('messages') && isMessages(first('messages'));
  const labelled = has('label') && has('label') !== has('completion') && !isMissing(first('label'));
  const responses = has('responses') && asList(first('responses'));
  const two = has('first') && has('second') && has('better') && !isMissing(first('better'));
  return [
    {
      format: 'solutions',
      why: when(
        solutions.length > 0 && has('prompt'),
        `${solutions.length} column${solutions.length === 1 ? '' : 's'} hold a solution and whether it is right`,
      ),
      solutions,
    },
    {
      format: 'stepwise',
      why: when(
        has('prompt') && areJudgedSteps(first('steps'), first('stepLabels')),
        'there are a prompt, the steps of an answer, and a label for each step',
      ),
    },
    {
      format: 'step-dpo',
      why: when(
        compared && has('prefix') && has('prompt'),
        'there are a prompt, correct steps so far, and a chosen and a rejected next step',
      ),
    },
    { format: 'preference', why: when(compared && has('prompt'), 'there are prompt, chosen and rejected') },
    {
      format: 'preference',
      why: when(compared && talk, 'there are a conversation and its chosen and rejected answer'),
    },
    {
      format: 'implicit-preference',
      why: when(compared, 'there are chosen and rejected and no prompt; what both begin with is the prompt'),
    },
    { format: 'two-responses', why: when(two, 'there are two answers and which of them is better') },
    { format: 'ranked', why: when(has('prompt') && responses, 'there are a prompt and a list of responses') },
    {
      format: 'unpaired',
      why: when(
        answered && labelled,
        'there are a prompt, one completion, and a label that says whether it is good',
      ),
    },
    {
      format: 'prompt-completion',
      why: when(answered, 'there are a prompt and its completion, and nothing to compare it with'),
    },
    {
      format: 'unpaired-messages',
      why: when(talk && labelled, 'there is a conversation and a label that says whether it is good'),
    },
    {
      format: 'messages',
      why: when(talk, 'there is a conversation, and nothing to compare it with'),
    },
  ];
};

/**
 * Tells the format of a file from the names of its columns and the contents of its first rows.
 * @param given columns that the person has named for parts; the format is one that has these parts
 * @throws DataError when a named column is not there, or no format fits, with the columns and what is wanted
 */
export const detectFormat = (
  { name, columns, head }: Pick<RowSource, 'name' | 'columns' | 'head'>,
  given: ColumnMapping = {},
): Detected => {
  const has = (part: Part): string | undefined => {
    const own = given[part];
    if (own === undefined) return columnFor(part, columns);
    return columns.includes(own) ? own : undefined;
  };
  const named = Object.keys(given).filter((part) => given[part as Part]);
  const wrong = named.find((part) => part !== 'solutions' && has(part as Part) === undefined);
  if (wrong !== undefined) throw missing(name, wrong, given[wrong as Part], columns);
  const possible = candidates({
    has,
    first: (part) => firstOf(head, has(part)),
    solutions: given.solutions ?? solutionColumns(columns, head),
  }).filter(({ why }) => why !== undefined);
  const found = possible.find(({ format }) => named.every((part) => hasPart(format, part))) ?? possible[0];
  if (found) {
    const { format, why = '', solutions } = found;
    const mapping = resolveMapping(name, format, { ...(solutions && { solutions }), ...given }, columns);
    const { solutions: byContent, ...byName } = mapping;
    const sure = byContent !== undefined || Object.values(byName).every((column) => usual.includes(column));
    return { format, mapping, confidence: sure ? 1 : 0.8, why };
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
