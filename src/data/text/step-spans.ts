import type { StepRule } from '../settings';
import { findMatches } from './pattern';

/** A step's place in its text: [start, end). */
export interface Span {
  start: number;
  end: number;
}

const ends = (text: string, pattern: RegExp): number[] =>
  Array.from(text.matchAll(pattern), (match) => match.index + match[0].length);
const starts = (text: string, pattern: RegExp): number[] =>
  Array.from(text.matchAll(pattern), (match) => match.index);

/** Where steps begin, besides the first. */
const boundaries = (text: string, rule: StepRule): number[] => {
  switch (rule.rule) {
    case 'whole':
      return [];
    case 'line':
      return ends(text, /\n/g);
    case 'sentence':
      // Line breaks stay with the sentence before them; the space before a word is part of its token in most tokenizers.
      return [
        ...ends(text, /[.!?。！？]["'”’)\]]{0,3}(?=[ \t\n])\n*/g),
        ...ends(text, /\n+/g),
        ...ends(text, /[。！？]/g),
      ];
    case 'step':
      return starts(text, /(?<![^\s*#])(?:#{1,6} ?|\*\*)?\bStep \d{1,4} ?[:.)]/gi);
    case 'pattern':
      return findMatches(rule.pattern ?? '', text).map((match) => match.start);
  }
};

/**
 * Cuts a text into steps without losing a character: the spans follow each other from 0 to the end. A stretch of nothing
 * but spaces and line breaks belongs to the step before it.
 * @throws PatternProblem for a pattern that cannot be used or takes too long
 */
export const stepSpans = (text: string, rule: StepRule): Span[] => {
  if (text === '') return [];
  const cuts = [...new Set(boundaries(text, rule))]
    .filter((at) => at > 0 && at < text.length)
    .sort((a, b) => a - b);
  const spans: Span[] = [];
  let start = 0;
  for (const end of [...cuts, text.length]) {
    const last = spans.at(-1);
    if (last && text.slice(start, end).trim() === '') last.end = end;
    else if (last && text.slice(last.start, last.end).trim() === '') last.end = end;
    else spans.push({ start, end });
    start = end;
  }
  return spans;
};
