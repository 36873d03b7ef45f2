import type { Message, Text } from './example';
import { RowProblem } from './example';

const sameMessage = (a: Message, b: Message) =>
  a.role === b.role && a.content === b.content && JSON.stringify(a.extra) === JSON.stringify(b.extra);

/** How much of both is the same from the beginning, as TRL counts it: of two that never differ, all but the last part. */
const commonLength = <T>(a: ArrayLike<T>, b: ArrayLike<T>, same: (x: T, y: T) => boolean): number => {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (!same(a[i]!, b[i]!)) return i;
  return Math.max(0, shorter - 1);
};

/**
 * Splits what two answers begin with off as their prompt, as TRL's `extract_prompt`: whole messages of conversations,
 * characters of texts, a space at the border going to the answers.
 * Where the texts differ from their first character on TRL looks at the last one by mistake; here the prompt is empty,
 * and the row is dropped for that.
 * @throws RowProblem when one is a text and the other a conversation
 */
export const extractPrompt = (
  chosen: Text,
  rejected: Text,
): { prompt: Text; chosen: Text; rejected: Text } => {
  if (typeof chosen !== 'string' && typeof rejected !== 'string') {
    const n = commonLength(chosen, rejected, sameMessage);
    return { prompt: chosen.slice(0, n), chosen: chosen.slice(n), rejected: rejected.slice(n) };
  }
  if (typeof chosen !== 'string' || typeof rejected !== 'string') {
    throw new RowProblem('chosen and rejected are not of one kind: one is a text, the other a conversation');
  }
  // By code points, as Python counts: half a character must not be a prompt.
  const a = [...chosen];
  const b = [...rejected];
  let n = commonLength(a, b, (x, y) => x === y);
  const differs = n < Math.min(a.length, b.length) && a[n] !== b[n];
  if (differs && n > 0 && a[n - 1] === ' ') n--;
  return { prompt: a.slice(0, n).join(''), chosen: a.slice(n).join(''), rejected: b.slice(n).join('') };
};
