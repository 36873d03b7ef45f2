import type { Answer } from './sample-answers';

/** How the verifier's judgement of an answer becomes a number from 0 to 1. */
export const scorings = {
  prefix: 'the share of lines before the first mistake',
  lines: 'the share of lines that are right',
  right: '1 for a right answer, 0 for a wrong one',
} as const;

export type Scoring = keyof typeof scorings;

/** 1 only for an answer that is wholly right. */
export const scoreAnswer = ({ verdict, steps }: Answer, scoring: Scoring): number => {
  if (verdict.correct) return 1;
  if (scoring === 'right') return 0;
  const lines = Math.max(1, steps.length, verdict.steps.length);
  const right =
    scoring === 'prefix'
      ? Math.max(0, verdict.firstWrongStep)
      : verdict.steps.filter((s) => s.correct).length;
  // An answer that stops too early has no wrong line, and is not right all the same.
  return Math.min(right, lines - 0.5) / lines;
};
