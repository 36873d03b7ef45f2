import { range } from '../util/range';
import type { Pass } from './pass';

/** Names the pass of a round, counted from 1. */
export const roundId = (k: number): string => `round-${k}`;

/**
 * Passes that are one round after another. Each is named by its number; which weights it starts from, and what it is compared
 * with, is the method's to say.
 * @param of the pass of round k, from 1
 */
export const inRounds = (rounds: number, of: (k: number) => Omit<Pass, 'id' | 'label'>): Pass[] =>
  range(rounds).map((i) => ({ id: roundId(i + 1), label: `Round ${i + 1}`, ...of(i + 1) }));
