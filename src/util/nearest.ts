/** Number of letters to insert, delete or change. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(change, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[b.length]!;
};

/** The known name that is most like what was written, if any is alike at all: for "did you mean". */
export const nearest = (written: string, known: readonly string[]): string | undefined => {
  const word = written.slice(0, 100).toLowerCase();
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 2));
  for (const name of known) {
    const d = distance(word, name.slice(0, 100).toLowerCase());
    if (d < least) {
      least = d;
      best = name;
    }
  }
  return best;
};
