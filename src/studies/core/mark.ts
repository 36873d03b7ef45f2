import { baseOf, onBases } from './bases';
import {
  currentEdition,
  type Edition,
  earlierEditions,
  outcomeOf,
  type StoredStudy,
  type Today,
  verdictOfEdition,
} from './stored';
import { armIds, type Study } from './study';
import type { VerdictId } from './verdict';

/** What was found of a study on one base model, in a line. */
export interface Found {
  verdict: VerdictId;
  /** Whether the effect lies on the claimed side. */
  agrees?: boolean;
  /** First arm less second, in the unit of the study's measure. */
  effect?: number;
  interval?: [number, number];
  /** An effect of this size would have been seen. */
  seen?: number;
  /** Seeds with both arms, of how many. */
  done: number;
  seeds: number;
  /** Processor seconds of a seed; a guess before any. */
  seconds: number;
  device?: string;
  /** The last of its runs, in UTC. */
  at?: string;
}

/** What is known of a study in a line: a row of `docs/studies/index.json`. */
export interface Mark extends Found {
  id: string;
  name: string;
  /** Methods of the catalogue that it is about. */
  methods: readonly string[];
  claim: string;
  unit: string;
  /** Digits behind the point. */
  digits: number;
  /** The same on further base models. */
  bases?: readonly (Found & { model: string })[];
  /** Verdicts of earlier wordings, settings or weights, which no longer count. */
  earlier?: readonly { verdict: VerdictId; claim: string; at: string }[];
}

const lastOf = ({ runs }: Edition): string =>
  runs
    .map(({ at }) => at)
    .sort()
    .at(-1) ?? '';

const foundOf = (study: Study, edition: Edition | undefined): Found => {
  const outcome = outcomeOf(study, edition?.runs ?? []);
  const { id: verdict, agrees, effect, interval, seen, done, seconds } = outcome;
  const own = edition?.runs.filter((run) => armIds(study).includes(run.arm)) ?? [];
  return {
    verdict,
    ...(agrees !== undefined && { agrees }),
    ...(effect !== undefined && { effect }),
    ...(interval && { interval }),
    ...(seen !== undefined && { seen }),
    done,
    seeds: study.seeds.length,
    seconds: Math.round((seconds ?? study.price) * 10) / 10,
    ...(edition && own.length > 0 && { device: own[0]!.device, at: lastOf(edition) }),
  };
};

/** @param todayOf what the study, on one of its base models, is run with today; see `currentEdition` */
export const markOf = (
  study: Study,
  stored: StoredStudy | undefined,
  todayOf?: (study: Study) => Today | undefined,
): Mark => {
  const found = (each: Study) => foundOf(each, currentEdition(each, stored, todayOf?.(each)));
  const [, ...others] = onBases(study);
  const bases = others.map((each) => ({ model: baseOf(each)!, ...found(each) }));
  const earlier = earlierEditions(study, stored, todayOf)
    .map((each) => ({ verdict: verdictOfEdition(each).id, claim: each.as.claim, at: lastOf(each) }))
    .filter((each) => each.verdict !== 'not-run');
  const { id, name, methods, claim, measure } = study;
  return {
    id,
    name,
    methods,
    claim,
    ...found(study),
    unit: measure.unit,
    digits: measure.digits ?? 1,
    ...(bases.length > 0 && { bases }),
    ...(earlier.length > 0 && { earlier }),
  };
};

/** How a verdict on a further base model stands to the first one's; undefined while either is missing. */
export const besideFirst = (first: Found, other: Found): 'the same' | 'overlapping' | 'apart' | undefined => {
  if (first.verdict === 'not-run' || other.verdict === 'not-run') return undefined;
  if (first.verdict === other.verdict) return 'the same';
  const [a, b] = [first, other].map(({ effect = 0, interval = [effect, effect] }) => interval);
  return a![0] <= b![1] && b![0] <= a![1] ? 'overlapping' : 'apart';
};
