import { wilson } from './wilson';

/** A number that an evaluation gives beside accuracy. */
export interface Measure {
  /** For files and test ids, such as "asr". */
  id: string;
  /** As the page and the terminal call it. */
  name: string;
  /** Which way is good. */
  better: 'higher' | 'lower' | 'neither';
  /** 'share' is from 0 to 1 and shown in percent; else the word behind the number. */
  unit: string;
  value: number;
  /** 95 %. */
  interval: [number, number];
  /** Answers, or problems, that it is taken over. */
  count: number;
  /** The pass whose value head it is about: it still holds while a later pass reads that head. */
  pass?: string;
}

type Named = Pick<Measure, 'id' | 'name' | 'better'>;

/** A share of `count`, with its Wilson interval. */
export const shareOf = (named: Named, hits: number, count: number): Measure => ({
  ...named,
  unit: 'share',
  value: count === 0 ? 0 : hits / count,
  interval: wilson(hits, count),
  count,
});

const z = 1.959964;

/** A mean, with the normal interval of its standard error; the value alone where there are fewer than two. */
export const meanOf = (named: Named, unit: string, values: readonly number[]): Measure => {
  const n = values.length;
  const mean = n === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / n;
  const variance = n < 2 ? 0 : values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  const half = n < 2 ? 0 : z * Math.sqrt(variance / n);
  return { ...named, unit, value: mean, interval: [mean - half, mean + half], count: n };
};
