/**
 * The rules of the game of turns. A number is to be brought to another one in steps of 1, 4 or 9.
 *
 * A partner, where there is one, has a mood from 0 to 3, and begins at 2. A step that comes no nearer costs two of it, a second
 * large step in a row one; a small step that comes nearer gives one. At mood 3 the partner helps, two nearer after
 * each turn; at mood 0 it pulls, three away. So one mistake costs several turns, and hurrying costs the partner's goodwill.
 */

export const moves = [1, -1, 4, -4, 9, -9] as const;

/** Where a game stands. */
export interface GameState {
  /** What is still to be added to reach the goal. */
  gap: number;
  mood: number;
  /** The last step was a large one. */
  large: boolean;
}

export const MOOD_MOST = 3;
const MOOD_FIRST = 2;
const HELP = 2;
const PULL = 3;
/** Gaps further away than this are played as if they were at it. */
const FURTHEST = 140;

export const firstState = (gap: number): GameState => ({ gap, mood: MOOD_FIRST, large: false });

const moodAfter = ({ gap, mood, large }: GameState, move: number): number => {
  const nearer = Math.abs(gap - move) < Math.abs(gap);
  const isLarge = Math.abs(move) === 9;
  const change = nearer ? (isLarge ? (large ? -1 : 0) : 1) : -2;
  return Math.min(MOOD_MOST, Math.max(0, mood + change));
};

/** The state after a step and, where there is a partner, after what the partner does. */
export const stateAfter = (state: GameState, move: number, partner: boolean): GameState => {
  const left = state.gap - move;
  if (!partner) return { gap: left, mood: state.mood, large: false };
  const mood = moodAfter(state, move);
  const away = mood === 0 ? PULL : mood === MOOD_MOST ? -Math.min(HELP, Math.abs(left)) : 0;
  return { gap: left + Math.sign(left) * away, mood, large: Math.abs(move) === 9 };
};

const keyOf = ({ gap, mood, large }: GameState) => `${gap}/${mood}/${large}`;

/** Fewest turns to the goal from every state, by going backwards from it. */
const distances = (partner: boolean): Map<string, number> => {
  const gaps = Array.from({ length: 2 * FURTHEST + 1 }, (_, i) => i - FURTHEST);
  const moods = partner ? [0, 1, 2, 3] : [MOOD_FIRST];
  const states = gaps.flatMap((gap) =>
    moods.flatMap((mood) =>
      (partner ? [false, true] : [false]).map((large): GameState => ({ gap, mood, large })),
    ),
  );
  const before = new Map<string, string[]>();
  const turns = new Map<string, number>();
  for (const state of states) {
    const key = keyOf(state);
    if (state.gap === 0) {
      turns.set(key, 0);
      continue;
    }
    for (const move of moves) {
      const after = keyOf(stateAfter(state, move, partner));
      before.set(after, [...(before.get(after) ?? []), key]);
    }
  }
  let edge = [...turns.keys()];
  for (let n = 1; edge.length > 0; n++) {
    edge = edge.flatMap((key) => before.get(key) ?? []).filter((key) => !turns.has(key) && turns.set(key, n));
  }
  return turns;
};

const tables = new Map<boolean, Map<string, number>>();

/** Fewest turns that still reach the goal; infinity where none are known. */
export const turnsNeeded = (state: GameState, partner: boolean): number => {
  const table = tables.get(partner) ?? distances(partner);
  tables.set(partner, table);
  return table.get(keyOf(state)) ?? Number.POSITIVE_INFINITY;
};

/** The steps that lie on a shortest way, the one that leaves the partner in the best mood first. */
export const bestMoves = (state: GameState, partner: boolean): number[] => {
  const after = moves.map((move) => ({ move, next: stateAfter(state, move, partner) }));
  const fewest = Math.min(...after.map(({ next }) => turnsNeeded(next, partner)));
  return after
    .filter(({ next }) => turnsNeeded(next, partner) === fewest)
    .sort((a, b) => b.next.mood - a.next.mood || Math.abs(b.move) - Math.abs(a.move))
    .map(({ move }) => move);
};
