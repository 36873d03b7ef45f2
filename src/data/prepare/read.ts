import { TokenizerError } from '../../tokenizer/load';
import { DataError } from '../data-error';
import type { Example } from '../formats/example';
import { isConversation, RowProblem } from '../formats/example';
import type { Note } from '../formats/note';
import type { Shape } from '../formats/read-row';
import { readRow } from '../formats/read-row';
import type { RowSource, RowValue } from '../rows/row-source';
import { isBad } from '../rows/row-source';
import type { DatasetSettings } from '../settings';
import { PatternProblem } from '../text/pattern-parse';
import type { Layout } from './layout';

/** Why one row, or one example of it, cannot be used. */
export interface Problem {
  reason: string;
  excerpt: string;
}

/** Reason and excerpt of what makes one row useless; anything else is thrown on. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof RowProblem) return { reason: error.reason, excerpt: error.excerpt };
  if (error instanceof DataError && error.file === 'chat template') {
    return { reason: 'the chat template does not write the conversation', excerpt: error.reason };
  }
  if (error instanceof PatternProblem)
    return { reason: 'the pattern takes too long', excerpt: error.message };
  if (error instanceof TokenizerError)
    return { reason: 'the tokenizer cannot write it', excerpt: error.message };
  throw error;
};

/** A row of the file: its examples, or why it has none. */
export interface RowRead {
  where: string;
  /** What stands there; absent where the row itself could not be read. */
  value?: RowValue;
  examples: Example[];
  problem?: Problem;
}

/** Whether an example is a conversation, so that a template has to write it. */
export const isTalk = (example: Example): boolean => isConversation(example.prompt);

/** The rows of a file, one after the other, as examples. @throws DataError when the file cannot be read further */
export async function* readExamples(
  source: RowSource,
  { format, mapping }: Layout,
  settings: DatasetSettings,
  shape: Shape,
  note: Note,
): AsyncGenerator<RowRead> {
  let read = 0;
  for await (const row of source.rows()) {
    if (settings.limit !== null && read >= settings.limit) break;
    read++;
    const { where } = row;
    if (isBad(row)) {
      yield { where, examples: [], problem: { reason: row.problem, excerpt: row.excerpt } };
      continue;
    }
    let result: RowRead;
    try {
      result = { where, value: row.value, examples: readRow(row, format, mapping, settings, shape, note) };
    } catch (error) {
      result = { where, value: row.value, examples: [], problem: problemOf(error) };
    }
    yield result;
  }
}
