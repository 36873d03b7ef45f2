import { nearest } from '../../util/nearest';
import { DataError } from '../data-error';
import type { ColumnMapping, FormatId } from '../settings';
import { shownText } from '../shown-text';
import { findTwo } from './two-responses';

export type Part = Exclude<keyof ColumnMapping, 'solutions'>;

/** Names that columns of each part go by, the usual one first. */
const names: Record<Part, readonly string[]> = {
  system: ['system', 'system_prompt', 'system_message'],
  tools: ['tools', 'functions'],
  prompt: ['prompt', 'question', 'instruction', 'query', 'problem', 'input'],
  input: ['input', 'context'],
  history: ['history'],
  chosen: ['chosen', 'chosen_response', 'response_chosen', 'preferred', 'accepted', 'winner'],
  rejected: ['rejected', 'rejected_response', 'response_rejected', 'dispreferred', 'loser'],
  margin: ['margin'],
  // Told as a pair, see `findTwo`.
  first: [],
  second: [],
  better: [
    'better_response_id',
    'better_response',
    'better',
    'winner',
    'preferred',
    'preference',
    'choice',
    'label',
    'labels',
  ],
  completion: ['completion', 'response', 'answer', 'output', 'solution'],
  label: ['label', 'labels', 'kto_tag', 'is_correct', 'correct', 'is_good', 'desirable'],
  responses: ['responses', 'completions', 'answers', 'candidates'],
  scores: ['scores', 'ratings', 'rewards'],
  prefix: ['initial_reason_steps', 'prefix', 'correct_prefix', 'initial_steps'],
  fullChosen: ['full_chosen'],
  fullRejected: ['full_rejected'],
  steps: ['completions', 'steps'],
  stepLabels: ['labels', 'step_labels', 'ratings'],
  messages: ['messages', 'conversations', 'conversation'],
  groundTruth: ['ground_truth', 'answer', 'gold', 'reference'],
};

/** What may belong to the question in every format that has one. */
const question = ['system', 'tools', 'input', 'history'] as const;

/** Parts of each format: what it cannot do without, and what it uses where it is there. */
export const parts: Record<FormatId, { required: readonly Part[]; optional: readonly Part[] }> = {
  preference: { required: ['prompt', 'chosen', 'rejected'], optional: [...question, 'margin'] },
  'implicit-preference': { required: ['chosen', 'rejected'], optional: ['system', 'tools', 'margin'] },
  'two-responses': {
    required: ['first', 'second', 'better'],
    optional: ['prompt', ...question, 'margin'],
  },
  unpaired: { required: ['prompt', 'completion', 'label'], optional: question },
  ranked: { required: ['prompt', 'responses'], optional: [...question, 'scores'] },
  'step-dpo': {
    required: ['prompt', 'prefix', 'chosen', 'rejected'],
    optional: [...question, 'fullChosen', 'fullRejected'],
  },
  stepwise: { required: ['prompt', 'steps', 'stepLabels'], optional: question },
  'prompt-completion': { required: ['prompt', 'completion'], optional: question },
  messages: { required: ['messages'], optional: ['system', 'tools'] },
  'unpaired-messages': { required: ['messages', 'label'], optional: ['system', 'tools'] },
  solutions: { required: ['prompt'], optional: [...question, 'groundTruth'] },
};

/** In small letters, with one line below for anything between words: "Full Chosen" and "fullChosen" become full_chosen. */
const inWords = (name: string): string =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_|_$/g, '');

const asking = /^(prompt|question|instruction|query)$/;
const aboutIt =
  /^(id|ids|idx|index|type|source|origin|category|topic|length|len|tokens|count|score|hash|url|lang|language)$/;

/** The only column whose name has a word for the prompt among others, such as "prompt of the user". */
const promptInWords = (columns: readonly string[]): string | undefined => {
  const found = columns.filter((column) => {
    const words = inWords(column).split('_');
    return words.some((word) => asking.test(word)) && !words.some((word) => aboutIt.test(word));
  });
  return found.length === 1 ? found[0] : undefined;
};

/** The column that goes by one of the part's names, however it is written. */
export const columnFor = (part: Part, columns: readonly string[]): string | undefined => {
  if (part === 'first' || part === 'second') return findTwo(columns)?.[part];
  for (const name of names[part]) {
    const found = columns.find((column) => column === name) ?? columns.find((c) => inWords(c) === name);
    if (found !== undefined) return found;
  }
  return part === 'prompt' ? promptInWords(columns) : undefined;
};

export const missing = (
  file: string,
  part: string,
  column: string | undefined,
  columns: readonly string[],
): DataError => {
  const wanted = column ?? part;
  const close = nearest(wanted, columns);
  const listed = columns
    .slice(0, 12)
    .map((c) => shownText(c, 30))
    .join(', ');
  return new DataError(
    file,
    column === undefined ? `part "${part}"` : `column "${shownText(column, 40)}"`,
    `${column === undefined ? 'no column goes by that name' : `there is no such column for the part "${part}"`}` +
      `${close === undefined ? '.' : `; did you mean "${shownText(close, 40)}"?`} Columns: ${listed}${columns.length > 12 ? ', …' : ''}. ` +
      `Say which column is meant in mapping.${part}`,
  );
};

/** Whether rows of a format have a part, or may have it. */
export const hasPart = (format: FormatId, part: string): boolean =>
  part === 'solutions'
    ? format === 'solutions'
    : [...parts[format].required, ...parts[format].optional].includes(part as Part);

/**
 * The mapping with every part of the format filled in from the columns where the person named none.
 * @throws DataError naming a column that the file lacks, with the nearest that it has
 */
export const resolveMapping = (
  file: string,
  format: FormatId,
  mapping: ColumnMapping,
  columns: readonly string[],
): ColumnMapping => {
  const { required, optional } = parts[format];
  const resolved: ColumnMapping = {};
  const foreign = Object.keys(mapping).find((part) => mapping[part as Part] && !hasPart(format, part));
  if (foreign !== undefined) {
    throw new DataError(
      file,
      `part "${foreign}"`,
      `is mapped, and rows read as "${format}" have no such part (they have ${[...required, ...optional].join(', ')}). Leave it out, or set format to the one that is meant`,
    );
  }
  for (const part of [...required, ...optional]) {
    const given = mapping[part];
    if (given === '') {
      if (required.includes(part)) throw missing(file, part, undefined, columns);
      continue;
    }
    if (given !== undefined && !columns.includes(given)) throw missing(file, part, given, columns);
    // Of one answer beside a conversation, the conversation is the prompt.
    const talk = part === 'prompt' && format === 'preference' ? columnFor('messages', columns) : undefined;
    const found = columnFor(part, columns) ?? talk;
    // No column plays two parts of the question: an "input" alone is the prompt.
    const taken = part === 'input' && Object.values(resolved).includes(found);
    const column = given ?? (taken ? undefined : found);
    if (column !== undefined) resolved[part] = column;
    else if (required.includes(part)) throw missing(file, part, undefined, columns);
  }
  if (format === 'solutions') {
    for (const column of mapping.solutions ?? []) {
      if (!columns.includes(column)) throw missing(file, 'solutions', column, columns);
    }
    if (mapping.solutions) resolved.solutions = mapping.solutions;
  }
  return resolved;
};
