import { currentEdition, type Edition, outcomeOf, type StoredStudy, verdictOfEdition } from './stored';
import { armIds, type Study } from './study';
import type { VerdictId } from './verdict';

/** What is known of a study in a line: a row of `docs/studies/index.json`. */
export interface Mark {
  id: string;
  name: string;
  /** Methods of the catalogue that it is about. */
  methods: readonly string[];
  claim: string;
  verdict: VerdictId;
  /** Whether the effect lies on the claimed side. */
  agrees?: boolean;
  /** First arm less second, in `unit`. */
  effect?: number;
  interval?: [number, number];
  /** An effect of this size would have been seen. */
  seen?: number;
  unit: string;
  /** Digits behind the point. */
  digits: number;
  /** Seeds with both arms, of how many. */
  done: number;
  seeds: number;
  /** Processor seconds of a seed; a guess before any. */
  seconds: number;
  device?: string;
  /** The last of its runs, in UTC. */
  at?: string;
  /** Verdicts of earlier wordings, which no longer count. */
  earlier?: readonly { verdict: VerdictId; claim: string; at: string }[];
}

const lastOf = ({ runs }: Edition): string =>
  runs
    .map(({ at }) => at)
    .sort()
    .at(-1) ?? '';

/**
 * @param settings by arm, what is run today; see `currentEdition`
 */
export const markOf = (
  study: Study,
  stored: StoredStudy | undefined,
  settings?: Readonly<Record<string, unknown>>,
): Mark => {
  const edition = currentEdition(study, stored, settings);
  const outcome = outcomeOf(study, edition?.runs ?? []);
  const { id: verdict, agrees, effect, interval, seen, done, seconds } = outcome;
  const earlier = (stored?.editions ?? [])
    .filter((each) => each !== edition)
    .map((each) => ({ verdict: verdictOfEdition(each).id, claim: each.as.claim, at: lastOf(each) }))
    .filter((each) => each.verdict !== 'not-run');
  const { id, name, methods, claim, measure, seeds, price } = study;
  const own = edition?.runs.filter((run) => armIds(study).includes(run.arm)) ?? [];
  return {
    id,
    name,
    methods,
    claim,
    verdict,
    ...(agrees !== undefined && { agrees }),
    ...(effect !== undefined && { effect }),
    ...(interval && { interval }),
    ...(seen !== undefined && { seen }),
    unit: measure.unit,
    digits: measure.digits ?? 1,
    done,
    seeds: seeds.length,
    seconds: Math.round((seconds ?? price) * 10) / 10,
    ...(edition && own.length > 0 && { device: own[0]!.device, at: lastOf(edition) }),
    ...(earlier.length > 0 && { earlier }),
  };
};
