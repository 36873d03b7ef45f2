import type { JudgedLine } from '../formats/example';
import type { StepOfTokens } from '../text/step-tokens';

type Labels = Record<string, number>;

/** What is said of several lines at once: of each label the least. */
const least = (lines: readonly JudgedLine[]): Labels =>
  Object.fromEntries(
    Object.keys(lines[0]!.labels).map((name) => [
      name,
      Math.min(...lines.map(({ labels }) => labels[name]!)),
    ]),
  );

/**
 * The labels of an answer's steps, from those of its lines: a step has those of the lines that begin in it, or of the line that it is
 * a part of. What a template puts before the answer is passed over.
 */
export const stepLabels = (
  steps: readonly StepOfTokens[],
  lines: readonly JudgedLine[],
): (Labels | undefined)[] => {
  const whole = steps.map(({ text }) => text).join('');
  const first = lines.find(({ text }) => text.trim() !== '')?.text.trim() ?? '';
  let at = Math.max(0, whole.indexOf(first)); // where the answer begins
  const spans = lines.map((line) => {
    const start = at;
    at += line.text.length;
    return { line, start, end: at };
  });
  let end = 0;
  return steps.map(({ text }) => {
    const start = end;
    end += text.length;
    const begun = spans.filter((span) => span.start >= start && span.start < end);
    const own = begun.length > 0 ? begun : spans.filter((span) => span.start < start && start < span.end);
    // What stands behind the last line, such as an end of text, is as the last line is.
    const lastOf = own.length > 0 ? own : spans.slice(-1);
    return lastOf.length > 0 ? least(lastOf.map(({ line }) => line)) : undefined;
  });
};
