import type { Note, NoteKind } from '../formats/note';
import { shownText } from '../shown-text';

/** A part of the rows that is not used, with the number of rows that have it. */
export interface Unused {
  name: string;
  count: number;
}

/** Names are few; should a file hold many, the rest are counted together. */
const MAX_NAMES = 100;

/** What is said of each kind, for a number of rows. */
const sentences: Record<Exclude<NoteKind, 'field' | 'role' | 'earlier-field'>, (rows: string) => string> = {
  'prompt-repeated': (rows) => `In ${rows} the answers repeat the prompt; it is written once.`,
  'prompt-kept': (rows) =>
    `In ${rows} an answer begins with the words of the prompt; they are left there. Take them off if they are a copy of it.`,
  'prompt-label': (rows) =>
    `In ${rows} the prompt beside the conversations stands nowhere in them; it is not used, what the conversations begin with is.`,
  'cut-after-answer': (rows) => `In ${rows} a conversation goes on after its last answer; that end is cut.`,
  'system-twice': (rows) =>
    `In ${rows} the conversation has a system message of its own; it is used, and the row's other system text is not.`,
  systems: (rows) =>
    `In ${rows} a conversation has several different system messages; all are given to the template.`,
  'other-turns': (rows) =>
    `In ${rows} an answer holds turns that are not the assistant's; they are learned with it, as TRL does.`,
  'empty-turn': (rows) =>
    `In ${rows} an answer within the conversation is empty; it is given and not learned.`,
  'as-chat': (rows) =>
    `Because other rows of the file are conversations, plain texts are written as a question and its answer: ${rows}.`,
  'turn-by-turn': (rows) =>
    `In ${rows} each answer of the conversation is an example of its own, because the chat template writes earlier answers otherwise than the last.`,
  unjudged: (rows) =>
    `In ${rows} wrong solutions are left out, because nobody can tell which of their lines is to blame: every annotation holds, and no line departs to a number of its own.`,
  'system-unused': (rows) =>
    `The system message of the settings is not used for plain texts: ${rows}. Set plainRows to "chat" to write them as conversations.`,
};

export interface NoteTally {
  /** Collects what is noted of one row. */
  note: Note;
  /** Counts what was collected since the last row. */
  rowDone(): void;
  warnings(): string[];
  /** Message fields that no text of the template depends on. */
  unusedFields(): Unused[];
}

const listed = (names: readonly Unused[]): string =>
  names.map(({ name, count }) => `"${shownText(name, 40)}" (${count})`).join(', ');

export const createNotes = (): NoteTally => {
  const row = new Map<NoteKind, Set<string>>();
  const counts = new Map<NoteKind, Map<string, number>>();
  const of = (kind: NoteKind): Unused[] =>
    [...(counts.get(kind) ?? [])].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
  return {
    note: (kind, name = '') => {
      const own = row.get(kind);
      if (own) own.add(name);
      else row.set(kind, new Set([name]));
    },
    rowDone: () => {
      for (const [kind, names] of row) {
        const own = counts.get(kind) ?? new Map<string, number>();
        counts.set(kind, own);
        for (const given of names) {
          const name = own.has(given) || own.size < MAX_NAMES ? given : 'others';
          own.set(name, (own.get(name) ?? 0) + 1);
        }
      }
      row.clear();
    },
    warnings: () => {
      const found = (Object.keys(sentences) as (keyof typeof sentences)[]).flatMap((kind) => {
        const count = of(kind)[0]?.count ?? 0;
        return count > 0 ? [sentences[kind](count === 1 ? '1 row' : `${count} rows`)] : [];
      });
      const roles = of('role');
      if (roles.length > 0) {
        found.push(
          `Roles that are not known are given to the template as they are, with the number of rows: ${listed(roles)}.`,
        );
      }
      const earlier = of('earlier-field');
      if (earlier.length > 0) {
        found.push(
          `The chat template leaves out of earlier answers, with the number of rows: ${listed(earlier)}.`,
        );
      }
      const fields = of('field');
      if (fields.length > 0) {
        found.push(`Message fields that are not used, with the number of rows: ${listed(fields)}.`);
      }
      return found;
    },
    unusedFields: () => of('field'),
  };
};
