import type { Tokenizer } from '../../tokenizer/tokenizer';
import type { StepRule } from '../settings';
import type { Span } from './step-spans';
import { stepSpans } from './step-spans';

export interface StepOfTokens {
  /** As the tokens spell it. */
  text: string;
  tokens: number[];
  /** Stands between answers and is not learned. */
  given?: true;
}

const commonLength = (a: string, b: string): number => {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
};

const pieces = new WeakMap<Tokenizer, Map<number, string>>();

const pieceOf = (tokenizer: Tokenizer, id: number): string => {
  let own = pieces.get(tokenizer);
  if (!own) {
    own = new Map();
    pieces.set(tokenizer, own);
  }
  let piece = own.get(id);
  if (piece === undefined) {
    piece = tokenizer.decode([id], { keepSpecial: true });
    own.set(id, piece);
  }
  return piece;
};

/**
 * Where each token begins in the text that all of them spell. Mostly tokens decode one by one to the pieces of the
 * text; where they do not (a character over several tokens, a space that a decoder drops), beginnings are decoded
 * together, and a token in the middle of a character begins with that character.
 */
const tokenStart = (
  tokenizer: Tokenizer,
  tokens: readonly number[],
  text: string,
): ((k: number) => number) => {
  const starts: number[] = [];
  let at = 0;
  for (const token of tokens) {
    const piece = pieceOf(tokenizer, token);
    if (!text.startsWith(piece, at)) break;
    starts.push(at);
    at += piece.length;
  }
  if (starts.length === tokens.length && at === text.length) return (k) => starts[k] ?? text.length;
  const known = new Map<number, number>();
  return (k) => {
    if (k <= 0) return 0;
    if (k >= tokens.length) return text.length;
    let start = known.get(k);
    if (start === undefined) {
      start = commonLength(tokenizer.decode(tokens.slice(0, k), { keepSpecial: true }), text);
      known.set(k, start);
    }
    return start;
  };
};

/** The first token that begins at `boundary` or later. */
const firstFrom = (start: (k: number) => number, count: number, boundary: number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start(middle) >= boundary) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** The steps of the answer's own text; what a template or the end-of-text token adds around it stays with the nearest. */
const spansOf = (text: string, content: string | undefined, rule: StepRule): Span[] => {
  const own = content?.trim() ?? '';
  const from = own === '' ? -1 : text.indexOf(own);
  if (from < 0) return stepSpans(text, rule);
  const spans = stepSpans(own, rule).map(({ start, end }) => ({ start: start + from, end: end + from }));
  spans[0]!.start = 0;
  spans.at(-1)!.end = text.length;
  return spans;
};

/**
 * Cuts a response into steps. The steps' tokens one after the other are the response's tokens, unchanged: nothing is
 * encoded anew. A token that lies across a border belongs to the step in which it begins; a step in which no token
 * begins is no step.
 * @param content the answer's own text, if it is known
 */
export const stepTokens = (
  tokenizer: Tokenizer,
  tokens: readonly number[],
  rule: StepRule,
  content?: string,
): StepOfTokens[] => {
  if (tokens.length === 0) return [];
  const text = tokenizer.decode(tokens, { keepSpecial: true });
  const spans = spansOf(text, content, rule);
  const start = tokenStart(tokenizer, tokens, text);
  const steps: StepOfTokens[] = [];
  let from = 0;
  let textFrom = 0;
  spans.forEach((span, i) => {
    const isLast = i === spans.length - 1;
    const to = isLast ? tokens.length : Math.max(from, firstFrom(start, tokens.length, span.end));
    if (to === from) return;
    const textTo = to === tokens.length ? text.length : start(to);
    steps.push({ text: text.slice(textFrom, textTo), tokens: tokens.slice(from, to) });
    from = to;
    textFrom = textTo;
  });
  if (steps.length === 0) return [{ text, tokens: [...tokens] }];
  // The last span may have had no token of its own.
  if (from < tokens.length) {
    steps.at(-1)!.tokens.push(...tokens.slice(from));
    steps.at(-1)!.text += text.slice(textFrom);
  }
  return steps;
};
