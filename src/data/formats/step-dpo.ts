import type { RowValue } from '../rows/row-source';
import type { ColumnMapping } from '../settings';
import type { Example, JudgedLine, ScoredExample, Text } from './example';
import { RowProblem } from './example';
import { lineLabels } from './judged-lines';
import { cell, readString } from './read-value';

interface Side {
  step: string;
  /** The whole answer, where the row gives it. */
  full: string | undefined;
}

/** The answer in three parts: right steps, the step that the row is about, and what follows it. */
const partsOf = (prefix: string, { step, full }: Side): { text: string; right: boolean }[] => {
  if (full === undefined) {
    throw new RowProblem('the row has no whole answers, by which every step could be judged');
  }
  // The whole answer may be given with the steps so far or without.
  const rest = full.startsWith(prefix) ? full.slice(prefix.length) : full;
  const at = rest.indexOf(step.trim());
  if (at < 0) throw new RowProblem('a whole answer does not hold its step');
  const end = at + step.trim().length;
  return [prefix, rest.slice(0, end), rest.slice(end)]
    .map((text, i) => ({ text, right: i === 0 }))
    .filter(({ text }) => text !== '');
};

const judged = (prefix: string, side: Side, isRight: boolean): ScoredExample['responses'][number] => {
  const lines = partsOf(prefix, side).map(
    ({ text, right }): JudgedLine => ({ text, labels: lineLabels(isRight || right, isRight || right) }),
  );
  return { text: lines.map(({ text }) => text).join(''), score: isRight ? 1 : 0, lines };
};

/**
 * The example of a row of Step-DPO's layout: two next steps after right ones; or, for losses that read a judgement of every step, both
 * whole answers, of which the wrong one is wrong from its rejected step on.
 * @throws RowProblem when the row cannot be used
 */
export const stepDpoExample = (
  row: RowValue,
  where: string,
  mapping: ColumnMapping,
  prompt: Text,
  shape: 'steps' | 'judged',
): Example => {
  const column = (part: 'prefix' | 'chosen' | 'rejected') => mapping[part] ?? part;
  const at = (part: 'prefix' | 'chosen' | 'rejected') => cell(row, column(part));
  const prefixValue = at('prefix');
  const prefix = prefixValue === null || prefixValue === '' ? '' : readString(prefixValue, column('prefix'));
  const side = (part: 'chosen' | 'rejected', full: 'fullChosen' | 'fullRejected'): Side => {
    const whole = mapping[full] === undefined ? undefined : cell(row, mapping[full]);
    return { step: readString(at(part), column(part)), full: typeof whole === 'string' ? whole : undefined };
  };
  const [chosen, rejected] = [side('chosen', 'fullChosen'), side('rejected', 'fullRejected')];
  if (shape === 'judged') {
    const responses = [judged(prefix, chosen, true), judged(prefix, rejected, false)];
    return { kind: 'scored', where, prompt, responses };
  }
  const ends = ({ step, full = '' }: Side) => step.trim() !== '' && full.trimEnd().endsWith(step.trim());
  return {
    kind: 'step',
    where,
    prompt,
    prefix,
    chosen: chosen.step,
    rejected: rejected.step,
    chosenEnds: ends(chosen),
    rejectedEnds: ends(rejected),
  };
};
