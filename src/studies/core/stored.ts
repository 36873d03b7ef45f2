import { baseOf, isOnFurther, onBases } from './bases';
import { definitionKey, keyOf } from './documents';
import { type Measure, measuresOf, type Study } from './study';
import { type Verdict, verdictOf } from './verdict';
import type { Weights } from './weights';

/** A run that is finished, or one that failed and says why. */
export interface StoredRun {
  arm: string;
  seed: number;
  /** Of its document, or of its experiment's parameters. */
  key: string;
  /** Measured after training, by name. */
  numbers: Readonly<Record<string, number>>;
  failed?: string;
  /** Processor time, in seconds. */
  seconds: number;
  device: string;
  /** When, in UTC. */
  at: string;
}

/** What a study is run with today. */
export interface Today {
  /** By arm, what `settingsOf` gives: a method's changed default changes what was run. */
  settings: Readonly<Record<string, unknown>>;
  model?: Weights | undefined;
}

/** What was found of one wording of a study on one model. */
export interface Edition {
  /** `definitionKey` of the study as it was. */
  definition: string;
  /** How it was worded, and what verdicts need of it. */
  as: Pick<Study, 'claim' | 'measure' | 'direction' | 'interest' | 'exact' | 'seeds' | 'also'>;
  /** By arm: the run document without its seed, or the experiment's parameters. */
  documents: Readonly<Record<string, unknown>>;
  /** Of a study on a language model: which weights. */
  model?: Weights;
  runs: readonly StoredRun[];
}

/** A setting that was tried on other seeds. */
export interface Trial extends Omit<StoredRun, 'at' | 'device'> {
  /** Which of the settings tried, from 0. */
  setting: number;
  /** The base model, where it is a further one. */
  base?: string;
  /** SHA-256 of the weights that it was tried on. */
  model?: string;
}

/** `docs/studies/ID.json`; the newest edition first. */
export interface StoredStudy {
  study: string;
  editions: readonly Edition[];
  trials?: readonly Trial[];
}

/** What was tried to choose settings on the base model that the study stands on. */
export const trialsOn = (study: Study, stored: StoredStudy | undefined): Trial[] => {
  const own = isOnFurther(study) ? baseOf(study) : undefined;
  return (stored?.trials ?? []).filter(({ base }) => base === own);
};

/**
 * The edition that speaks for the study as it stands.
 * @param today where it is known
 */
export const currentEdition = (
  study: Study,
  stored: StoredStudy | undefined,
  today?: Today,
): Edition | undefined => {
  const key = definitionKey(study);
  const same = ({ documents, model }: Edition) =>
    !today ||
    (Object.entries(today.settings).every(([arm, now]) => keyOf(now) === keyOf(documents[arm])) &&
      (!today.model || today.model.sha256 === model?.sha256));
  return stored?.editions.find((edition) => edition.definition === key && same(edition));
};

/** An edition of a study as it stands, before any run. */
export const newEdition = (study: Study, { settings, model }: Today): Edition => {
  const { claim, measure, direction, interest, exact, seeds, also } = study;
  return {
    definition: definitionKey(study),
    as: { claim, measure, direction, interest, seeds, ...(exact && { exact }), ...(also && { also }) },
    documents: settings,
    ...(model && { model }),
    runs: [],
  };
};

/** Editions that speak for the study on none of its base models: of an earlier wording, of other settings or weights. */
export const earlierEditions = (
  study: Study,
  stored: StoredStudy | undefined,
  todayOf?: (study: Study) => Today | undefined,
): Edition[] => {
  const current = new Set(onBases(study).map((each) => currentEdition(each, stored, todayOf?.(each))));
  return (stored?.editions ?? []).filter((edition) => !current.has(edition));
};

/** A measure of an arm with a seed, in the measure's unit; undefined where there is none. */
export const armValue = (
  runs: readonly Pick<StoredRun, 'arm' | 'seed' | 'numbers'>[],
  arm: string,
  seed: number,
  { id, times = 1 }: Measure,
): number | undefined => {
  const value = runs.find((run) => run.arm === arm && run.seed === seed)?.numbers[id];
  return value === undefined ? undefined : value * times;
};

/** First arm less second, seed by seed; undefined for a seed that lacks one. */
export const differencesOf = (
  runs: readonly Pick<StoredRun, 'arm' | 'seed' | 'numbers'>[],
  [first, second]: readonly string[],
  seeds: readonly number[],
  measure: Measure,
): (number | undefined)[] =>
  seeds.map((seed) => {
    const [a, b] = [armValue(runs, first!, seed, measure), armValue(runs, second!, seed, measure)];
    return a === undefined || b === undefined ? undefined : a - b;
  });

/** The verdict of an edition, by its own wording. */
export const verdictOfEdition = ({ as, documents, runs }: Edition): Verdict =>
  verdictOf(as, differencesOf(runs, Object.keys(documents), as.seeds, as.measure));

export interface Outcome extends Verdict {
  /** Seeds of the study with both arms. */
  done: number;
  /** Processor seconds of a seed, both arms, as measured; undefined before any. */
  seconds: number | undefined;
  /** Runs that failed, each with its reason. */
  failed: readonly string[];
  /** Measures beside the verdict's, paired. */
  also: readonly { measure: Measure; effect: number; interval: [number, number] | undefined }[];
}

/** What is known of a study from what is stored of it. */
export const outcomeOf = (study: Study, runs: readonly StoredRun[]): Outcome => {
  const arms = study.arms.map(({ id }) => id);
  const differences = differencesOf(runs, arms, study.seeds, study.measure);
  const done = differences.filter((d) => d !== undefined).length;
  const [, ...others] = measuresOf(study);
  const also = others.flatMap((measure) => {
    const known = differencesOf(runs, arms, study.seeds, measure).filter((d) => d !== undefined);
    if (known.length === 0 || known.length < study.seeds.length) return [];
    const { effect, interval } = verdictOf({ ...study, seeds: known.map((_, i) => i) }, known);
    return effect === undefined ? [] : [{ measure, effect, interval }];
  });
  const own = runs.filter(({ seed, failed }) => study.seeds.includes(seed) && failed === undefined);
  const seconds = own.reduce((sum, run) => sum + run.seconds, 0);
  return {
    ...verdictOf(study, differences),
    done,
    seconds: done > 0 ? seconds / done : undefined,
    failed: runs
      .filter(({ failed }) => failed !== undefined)
      .map(({ arm, seed, failed }) => `${arm}, seed ${seed}: ${failed}`),
    also,
  };
};
