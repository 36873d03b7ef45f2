import { bad } from './error';
import type { Span } from './pattern';

/** A piece of the text on its way to the model. */
export interface Piece {
  text: string;
  /** Whether it begins where the whole text begins. */
  isStart: boolean;
}

export type Behavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const behaviors = new Map<string, Behavior>(
  (['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const).flatMap((name) => [
    [name, name],
    [name.toLowerCase(), name],
    [name.replace(/\B[A-Z]/g, (c) => `_${c}`).toLowerCase(), name],
  ]),
);

export const readBehavior = (value: unknown, place: string): Behavior =>
  behaviors.get(String(value)) ?? bad(place, `must be one of ${[...new Set(behaviors.values())].join(', ')}`);

interface Part extends Span {
  isMatch: boolean;
}

/** The whole text cut into matches and what lies between them. */
const parts = (length: number, matches: readonly Span[], invert: boolean): Part[] => {
  const all: Part[] = [];
  let last = 0;
  for (const { start, end } of matches) {
    if (last < start) all.push({ start: last, end: start, isMatch: invert });
    all.push({ start, end, isMatch: !invert });
    last = end;
  }
  if (last < length) all.push({ start: last, end: length, isMatch: invert });
  return all;
};

/** Where a part begins a stretch of its own, going from left to right (or the other way round, for MergedWithNext). */
const begins: Record<Behavior, (isMatch: boolean, previous: boolean) => boolean> = {
  Removed: () => true,
  Isolated: () => true,
  Contiguous: (isMatch, previous) => isMatch !== previous,
  MergedWithPrevious: (isMatch, previous) => !isMatch || previous,
  MergedWithNext: (isMatch, previous) => !isMatch || previous,
};

/**
 * Cuts a piece at the matches of a pattern.
 * @param invert takes what lies between the matches for the matches
 */
export const splitPiece = (
  { text, isStart }: Piece,
  matches: readonly Span[],
  behavior: Behavior,
  invert = false,
): Piece[] => {
  const all = parts(text.length, matches, invert);
  if (behavior === 'MergedWithNext') all.reverse();
  const stretches: Span[] = [];
  let previous = false;
  for (const { start, end, isMatch } of all) {
    const last = stretches.at(-1);
    if (behavior === 'Removed') {
      if (!isMatch) stretches.push({ start, end });
    } else if (!last || begins[behavior](isMatch, previous)) stretches.push({ start, end });
    else {
      last.start = Math.min(last.start, start);
      last.end = Math.max(last.end, end);
    }
    previous = isMatch;
  }
  if (behavior === 'MergedWithNext') stretches.reverse();
  return stretches
    .filter(({ start, end }) => end > start)
    .map(({ start, end }) => ({ text: text.slice(start, end), isStart: isStart && start === 0 }));
};
