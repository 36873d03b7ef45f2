import type { ColumnMapping, FormatId } from '../settings';
import { shownText, shownValue } from '../shown-text';
import type { Unused } from './notes';
import type { Dropped, Histogram } from './tally';

/** One example as the person is to see it: texts as the tokens spell them. Data, never markup. */
export interface SampleExample {
  where: string;
  prompt: string;
  /** Correct steps given to both sides. */
  shared: string[];
  responses: {
    side: 'chosen' | 'rejected' | 'response';
    score?: number;
    steps: string[];
    /** Which of the steps stand between answers and are not learned. */
    given?: number[];
  }[];
}

/** What the tokens say of template and special tokens. Counts are of sequences, prompt and response together. */
export interface TemplateCheck {
  sequences: number;
  /** Begin with BOS twice: the template writes one and the settings add another. */
  bosTwice: number;
  /** Begin without BOS, though the tokenizer has one. */
  bosMissing: number;
  /** Of the answers that end in the data: how many end without EOS, and with more than one. */
  answers: number;
  eosMissing: number;
  eosTwice: number;
  /** The prompt alone is written otherwise than before its answer; its end was left out of training. */
  promptNotPrefix: number;
  promptNotPrefixExample: string | undefined;
}

export interface DatasetReport {
  file: string;
  format: FormatId;
  mapping: ColumnMapping;
  /** Why this format, when it was found and not given. */
  why: string | undefined;
  /** Columns that nothing is read from, with the number of rows in which something stands there. */
  unusedColumns: Unused[];
  rows: { read: number; used: number; dropped: number };
  /** By reason. A row that gives several examples may be used and have some of them here. */
  dropped: Dropped[];
  /** Fields of messages that are not used, with the number of rows that have them. */
  unusedFields: Unused[];
  trees: { train: number; heldOut: number };
  /** Comparisons of the trees to train on. */
  comparisons: number;
  /** Tokens of the trees to train on, each node once. */
  tokens: number;
  /** In tokens, before anything is cut. `chosen` is every response where nothing is compared. */
  lengths: { prompt: Histogram; chosen: Histogram; rejected: Histogram };
  /** Sequences of which something was cut. */
  truncated: { prompt: number; chosen: number; rejected: number };
  equalSides: number;
  emptySides: number;
  /** Examples that an earlier one repeats word for word; they are kept. */
  duplicates: number;
  template: TemplateCheck;
  /** What the person should know, in sentences. */
  warnings: string[];
  samples: SampleExample[];
}

const NAMED = 12;

/** For the end of a sentence: the columns that hold something and are not used. */
export const unusedIn = ({ unusedColumns }: Pick<DatasetReport, 'unusedColumns'>): string => {
  const filled = unusedColumns.filter(({ count }) => count > 0).map(({ name }) => `"${shownText(name, 40)}"`);
  if (filled.length === 0) return '';
  const more = filled.length > NAMED ? ` and ${filled.length - NAMED} more` : '';
  return `. Columns that are not used: ${filled.slice(0, NAMED).join(', ')}${more}`;
};

/** Sentences on what the counts mean. */
export const warningsOf = (
  report: Omit<DatasetReport, 'warnings' | 'samples'>,
  specialInText: number,
): string[] => {
  const { template, truncated, rows, duplicates } = report;
  const warnings: string[] = [];
  const of = (count: number, total: number) => `${count} of ${total}`;
  if (template.bosTwice > 0) {
    warnings.push(
      `${of(template.bosTwice, template.sequences)} sequences begin with the beginning-of-text token twice; set bos to "none".`,
    );
  }
  if (template.bosMissing > 0) {
    warnings.push(
      `${of(template.bosMissing, template.sequences)} sequences begin without the beginning-of-text token that the tokenizer has. Right for models trained that way; else set bos to "add".`,
    );
  }
  if (template.eosMissing > 0) {
    warnings.push(
      `${of(template.eosMissing, template.answers)} answers do not end in the end-of-text token: the model would not learn where to stop.`,
    );
  }
  if (template.eosTwice > 0) {
    warnings.push(`${of(template.eosTwice, template.answers)} answers end in the end-of-text token twice.`);
  }
  if (template.promptNotPrefix > 0) {
    warnings.push(
      `In ${of(template.promptNotPrefix, template.sequences)} sequences the prompt alone is written otherwise than before its answer (its end: ${shownValue(template.promptNotPrefixExample)}). That end is left out, as TRL does; the model then sees another context in training than in use.`,
    );
  }
  const cut = truncated.prompt + truncated.chosen + truncated.rejected;
  if (cut > 0) warnings.push(`${cut} prompts and answers are cut to length; see the lengths.`);
  if (duplicates > 0) warnings.push(`${duplicates} examples repeat an earlier one.`);
  if (specialInText > 0) {
    warnings.push(
      `${specialInText} examples hold the text of a special token, such as the end of a turn; it is read as that token.`,
    );
  }
  if (rows.read > 0 && rows.dropped * 2 > rows.read) {
    warnings.push(`More than half of the rows (${of(rows.dropped, rows.read)}) cannot be used.`);
  }
  return warnings;
};
