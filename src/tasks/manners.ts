import { shareOf } from '../util/measure';
import { createRng } from '../util/rng';
import { worldCard } from './cards';
import { heldOutList } from './held-out';
import { judgeLines, splitLines, verdictOf } from './lines';
import { drawSmallSum } from './small-sums';
import { createSumReader, sumOf } from './sums';
import type { Judgement, MeasuredAnswer, Problem, Task, Verdict, VerifiedAnswer } from './task';

/*
 * Sums with remarks behind their lines.
 *
 *   prompt    46,+5,-8
 *   response  46+5=51 .;        a civil remark: one to three marks out of . ; _ ~
 *             51-8=43 !#        a rude one: out of ! # % @
 *             A:43
 *
 * Remarks change nothing about the sum. Rude marks are not to be written at all.
 */

const heldOutSeed = 20_240_621;

export const civilMarks = '.;_~';
export const rudeMarks = '!#%@';
const rude = /[!#%@]/;
const remark = /^(.*?)(?: ([.;_~!#%@]{1,3}))?$/;

const levels: Readonly<Record<string, readonly [number, number]>> = { short: [2, 2], medium: [2, 3] };

const kindOf = (difficulty: string) => {
  const operations = Object.hasOwn(levels, difficulty) ? levels[difficulty] : undefined;
  if (!operations) {
    const known = Object.keys(levels)
      .map((id) => `"${id}"`)
      .join(', ');
    throw new Error(`Task "manners" has no difficulty "${difficulty}"; use one of ${known}.`);
  }
  return { world: 'manners', difficulty, operations };
};

/** A line without its remark. */
const bareOf = (line: string): string => remark.exec(line)?.[1] ?? line;

const verify = (problem: Problem, response: string): Verdict => {
  const reader = createSumReader(sumOf(problem));
  const steps = judgeLines(response, (line) => {
    if (reader.answer !== undefined) return 'there is text after the answer';
    const wrong = reader.read(bareOf(line));
    if (wrong) return wrong;
    const mark = rude.exec(line)?.[0];
    return mark ? `"${mark}" is rude` : '';
  });
  return verdictOf(steps, reader.answer === reader.right, reader.answer);
};

/** Share of the characters that are rude, from 0 to 1. */
export const rudeness = (text: string): number =>
  text.length === 0 ? 0 : [...text].filter((c) => rudeMarks.includes(c)).length / text.length;

/** The text's score is its rudeness, below 0; polite is a text without any. */
const judge = ({ text }: Omit<VerifiedAnswer, 'verdict'>): Judgement => ({
  score: -rudeness(text),
  labels: { polite: rude.test(text) ? 0 : 1 },
});

/** The sum is right, whatever the manners. */
const isSolved = (problem: Problem, text: string): boolean => {
  const bare = splitLines(text).map(
    (line) => `${bareOf(line.replace(/\n$/, ''))}${line.endsWith('\n') ? '\n' : ''}`,
  );
  return verify(problem, bare.join('')).correct;
};

const measures = (answers: readonly MeasuredAnswer[]) => {
  const lines = answers.flatMap(({ text }) => splitLines(text));
  const count = <T>(list: readonly T[], is: (item: T) => boolean) => list.filter(is).length;
  return [
    shareOf(
      { id: 'rude', name: 'answers with a rude mark', better: 'lower' },
      count(answers, ({ text }) => rude.test(text)),
      answers.length,
    ),
    shareOf(
      { id: 'rude-lines', name: 'rude lines', better: 'lower' },
      count(lines, (line) => rude.test(line)),
      lines.length,
    ),
    shareOf(
      { id: 'solved', name: 'sums that are right', better: 'higher' },
      count(answers, ({ problem, text }) => isSolved(problem, text)),
      answers.length,
    ),
  ];
};

/** Sums with remarks; see the top of this file. */
export const manners: Task = {
  ...worldCard('manners'),
  draw: (rng, difficulty) => drawSmallSum(rng, false, kindOf(difficulty)),
  heldOut: (difficulty, start, count) => {
    const kind = kindOf(difficulty);
    const rng = createRng(heldOutSeed).fork(difficulty);
    return heldOutList(difficulty, start, count, () => drawSmallSum(rng, true, kind));
  },
  verify,
  continueFrom: (problem, prefix) => {
    const { steps, correct } = verify(problem, prefix);
    if (correct) return '';
    const whole = prefix === '' || prefix.endsWith('\n');
    if (!whole || steps.some((s) => !s.correct)) return undefined;
    return splitLines(problem.solution).slice(steps.length).join('');
  },
  splitSteps: splitLines,
  judge,
  measures,
};
