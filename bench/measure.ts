export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;

/** Relative difference of two numbers. */
export const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-12, Math.abs(b));

/** @throws Error when two sides that should compute the same do not: their times would mean nothing. */
export const assertClose = (what: string, a: number, b: number, tolerance: number) => {
  if (!(relative(a, b) <= tolerance)) {
    throw new Error(
      `${what}: ${a} and ${b} differ by more than ${tolerance}; the sides do not compute the same.`,
    );
  }
};

/**
 * Median milliseconds of each side, run in turns so that a slow moment of the machine falls on all of them. Each has
 * had its warm-up.
 */
export const timeInTurns = async <K extends string>(
  sides: Record<K, () => Promise<unknown>>,
  rounds: number,
): Promise<Record<K, number>> => {
  const names = Object.keys(sides) as K[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      await sides[name]();
      times[name].push(performance.now() - start);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>;
};

/**
 * How many times longer `side` takes than `base`, by the fastest of several rounds in which they take turns: whatever else
 * the machine does can only add to a time.
 */
export const timesLonger = async (
  base: () => Promise<unknown>,
  side: () => Promise<unknown>,
  rounds: number,
): Promise<number> => {
  const fastest = { base: Number.POSITIVE_INFINITY, side: Number.POSITIVE_INFINITY };
  const timed = async (which: keyof typeof fastest) => {
    const start = performance.now();
    await (which === 'base' ? base : side)();
    fastest[which] = Math.min(fastest[which], performance.now() - start);
  };
  for (let round = 0; round < rounds; round++) {
    // Whichever comes second finds what the first left behind, so they change places.
    await timed(round % 2 === 0 ? 'base' : 'side');
    await timed(round % 2 === 0 ? 'side' : 'base');
  }
  return fastest.side / fastest.base;
};
