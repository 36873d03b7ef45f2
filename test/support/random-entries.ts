import type { Entries } from '../../src/tree/packed-batch';
import type { Rng } from '../../src/util/rng';

export interface EntrySizes {
  N: number;
  V: number;
  /** Scored rows, at most N. */
  R: number;
  /** Entries with padding. */
  M: number;
  S: number;
  /** Entries of padding, at the end. */
  padding: number;
}

/** A random entry list as the packer makes them: several targets per row, rows in no order, steps of any length, some empty. */
export const randomEntries = (rng: Rng, { N, V, R, M, S, padding }: EntrySizes): Entries => {
  const used = S === 0 ? 0 : M - padding;
  const rows = Int32Array.from(rng.shuffle(Array.from({ length: N }, (_, i) => i)).slice(0, R)).sort();
  const row = Int32Array.from({ length: M }, () => rng.int(R));
  const target = Int32Array.from({ length: M }, () => rng.int(V));
  const cuts = Array.from({ length: Math.max(S - 1, 0) }, () => rng.int(used + 1)).sort((a, b) => a - b);
  const stepStart = Int32Array.from([0, ...cuts, ...(S > 0 ? [used] : [])]);
  const step = new Int32Array(M).fill(-1);
  for (let s = 0; s < S; s++) step.fill(s, stepStart[s], stepStart[s + 1]);
  const weight = Float32Array.from({ length: M }, (_, m) => (m < used ? rng.next() * 2 - 0.5 : 0));
  const rowStart = new Int32Array(R + 1);
  for (const r of row) rowStart[r + 1]!++;
  for (let r = 0; r < R; r++) rowStart[r + 1]! += rowStart[r]!;
  const rowEntries = Int32Array.from(
    Array.from({ length: M }, (_, m) => m).sort((a, b) => row[a]! - row[b]! || a - b),
  );
  return { count: M, used, row, target, step, weight, rows, rowStart, rowEntries, stepStart };
};
