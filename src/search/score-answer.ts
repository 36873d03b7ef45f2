import type { Answer } from './sample-answers';

/** How what is known of an answer becomes a number. */
export const scorings = {
  judge: 'the world’s own judge; where it has none, the share of lines before the first mistake',
  prefix: 'the share of lines before the first mistake',
  lines: 'the share of lines that are right',
  right: '1 for a right answer, 0 for a wrong one',
} as const;

export type Scoring = keyof typeof scorings;

/** By its verdict from 0 to 1, and 1 only for an answer that is wholly right; by a judge as the judge has it. */
export const scoreAnswer = (
  { verdict, steps, judgement }: Pick<Answer, 'verdict' | 'steps' | 'judgement'>,
  scoring: Scoring,
): number => {
  if (scoring === 'judge' && judgement) return judgement.score;
  if (verdict.correct) return 1;
  if (scoring === 'right') return 0;
  const lines = Math.max(1, steps.length, verdict.steps.length);
  const right =
    scoring === 'lines' ? verdict.steps.filter((s) => s.correct).length : Math.max(0, verdict.firstWrongStep);
  // An answer that stops too early has no wrong line, and is not right all the same.
  return Math.min(right, lines - 0.5) / lines;
};

/** A label that the world's judge gives, or 'right' by the verdict. What a world does not label is refused before: `Source.needs`. */
export const labelOf = (
  { verdict, judgement }: Pick<Answer, 'verdict' | 'judgement'>,
  name: string,
): number => (name === 'right' ? (verdict.correct ? 1 : 0) : (judgement?.labels[name] ?? 0));
