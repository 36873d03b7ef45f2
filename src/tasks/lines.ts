import type { StepVerdict, Verdict } from './task';

/** Lines with their newlines; text after the last newline is a line too. */
export const splitLines = (response: string): string[] => response.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/**
 * Judges a response line by line, in order.
 * @param judge why a line, without its newline, is wrong; empty when it is right
 */
export const judgeLines = (
  response: string,
  judge: (line: string, index: number) => string,
): StepVerdict[] => {
  let at = 0;
  return splitLines(response).map((text, index) => {
    const reason = judge(text.endsWith('\n') ? text.slice(0, -1) : text, index);
    const step = { start: at, end: at + text.length, text, correct: reason === '', reason };
    at = step.end;
    return step;
  });
};

/** @param whole every line being right, nothing is missing */
export const verdictOf = (steps: StepVerdict[], whole: boolean, answer: string | undefined): Verdict => {
  const wrong = steps.findIndex((s) => !s.correct);
  const correct = wrong < 0 && whole;
  return { steps, correct, answer, firstWrongStep: wrong >= 0 ? wrong : correct ? -1 : steps.length };
};
