/** Longest run that both ranges share; the earliest of several, in a first, then in b. Length 0 where there is none. */
const longestMatch = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [aFrom, aTo, bFrom, bTo]: readonly [number, number, number, number],
): { at: number; in: number; length: number } => {
  let best = { at: aFrom, in: bFrom, length: 0 };
  let ending = new Map<number, number>(); // length of the run that ends at a position of b
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>();
    for (let j = bFrom; j < bTo; j++) {
      if (a[i] !== b[j]) continue;
      const length = (ending.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > best.length) best = { at: i - length + 1, in: j - length + 1, length };
    }
    ending = next;
  }
  return best;
};

/**
 * What differs between two sequences: the longest run that both share is taken out, then the same is done on both sides of it
 * (Ratcliff and Obershelp, 1988; Python's difflib without its rule for popular elements).
 * @returns for each element whether it is in none of the shared runs
 */
export const changes = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { changedA: boolean[]; changedB: boolean[] } => {
  const changedA = Array.from({ length: a.length }, () => true);
  const changedB = Array.from({ length: b.length }, () => true);
  const open: (readonly [number, number, number, number])[] = [[0, a.length, 0, b.length]];
  for (let range = open.pop(); range; range = open.pop()) {
    const { at, in: inB, length } = longestMatch(a, b, range);
    if (length === 0) continue;
    changedA.fill(false, at, at + length);
    changedB.fill(false, inB, inB + length);
    open.push([range[0], at, range[2], inB], [at + length, range[1], inB + length, range[3]]);
  }
  return { changedA, changedB };
};
