import type { Evaluation } from '../../../workers/protocol';

/** The same held-out problems before and now, as counts. */
export interface Mended {
  mended: number;
  broken: number;
  both: number;
  neither: number;
  problems: number;
  /** Numbers of the problems that changed. */
  which: { mended: number[]; broken: number[] };
}

/** Undefined where the two did not answer the same problems, or an earlier version kept only their share. */
export const mendedOf = (before: Evaluation | undefined, now: Evaluation | undefined): Mended | undefined => {
  const [a, b] = [before?.solved, now?.solved];
  if (a === undefined || b === undefined || a.length !== b.length || a.length === 0) return undefined;
  const which: Mended['which'] = { mended: [], broken: [] };
  let both = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === '1' && b[i] === '1') both++;
    else if (b[i] === '1') which.mended.push(i);
    else if (a[i] === '1') which.broken.push(i);
  }
  const [mended, broken] = [which.mended.length, which.broken.length];
  return { mended, broken, both, neither: a.length - both - mended - broken, problems: a.length, which };
};
