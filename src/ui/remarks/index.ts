import { brokeHalf, rankedButLost } from './broken';
import { harmfulFall, harmlessFall, sharedFall } from './falling';
import { pushingOn } from './learned';
import { grewLonger, lengthRewarded } from './length';
import type { Live, Remark, Rule } from './remark';
import { undecided } from './undecided';
import { lessVaried } from './variety';

/** In the order of their weight. */
const rules: readonly Rule[] = [
  harmfulFall,
  rankedButLost,
  brokeHalf,
  sharedFall,
  undecided,
  lessVaried,
  grewLonger,
  lengthRewarded,
  pushingOn,
  harmlessFall,
];

/** More than three remarks at once are read by nobody. */
const most = 3;

/** What there is to say of a run now, the weightiest first. @param away ids of remarks that were put away */
export const remarksOn = (live: Live, away: ReadonlySet<string> = new Set()): Remark[] =>
  rules
    .flatMap((rule) => rule(live) ?? [])
    .filter(({ id }) => !away.has(id))
    .slice(0, most);
