import { shownText } from '../shown-text';

export interface Dropped {
  reason: string;
  count: number;
  /** The first ones. */
  examples: { where: string; excerpt: string }[];
}

const MAX_EXAMPLES = 20;
/** Reasons are few; should a file find many, the rest are counted together. */
const MAX_REASONS = 100;

export interface DropTally {
  add(reason: string, where: string, excerpt: string): void;
  /** Most frequent first. */
  list(): Dropped[];
}

export const dropTally = (): DropTally => {
  const byReason = new Map<string, Dropped>();
  return {
    add: (given, where, excerpt) => {
      const reason = byReason.has(given) || byReason.size < MAX_REASONS ? given : 'other reasons';
      let own = byReason.get(reason);
      if (!own) {
        own = { reason, count: 0, examples: [] };
        byReason.set(reason, own);
      }
      own.count++;
      if (own.examples.length < MAX_EXAMPLES) own.examples.push({ where, excerpt: shownText(excerpt, 160) });
    },
    list: () => [...byReason.values()].sort((a, b) => b.count - a.count),
  };
};

export interface Histogram {
  count: number;
  min: number;
  mean: number;
  median: number;
  p95: number;
  max: number;
  /** Lengths from `from` to `to`, both included; from each power of two to the next. */
  bins: { from: number; to: number; count: number }[];
}

export const histogram = (lengths: readonly number[]): Histogram => {
  if (lengths.length === 0) return { count: 0, min: 0, mean: 0, median: 0, p95: 0, max: 0, bins: [] };
  const sorted = Uint32Array.from(lengths).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const bins: Histogram['bins'] = [];
  for (const length of sorted) {
    while (bins.length === 0 || length > bins.at(-1)!.to) {
      const from = bins.length === 0 ? 2 ** Math.floor(Math.log2(Math.max(1, length))) : bins.at(-1)!.to + 1;
      bins.push({ from: length === 0 ? 0 : from, to: Math.max(0, from * 2 - 1), count: 0 });
    }
    bins.at(-1)!.count++;
  }
  return {
    count: sorted.length,
    min: sorted[0]!,
    mean: sorted.reduce((sum, n) => sum + n, 0) / sorted.length,
    median: at(0.5),
    p95: at(0.95),
    max: sorted.at(-1)!,
    bins,
  };
};
