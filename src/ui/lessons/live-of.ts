import type { RunSummary } from '../../../workers/protocol';
import {
  type Given,
  isLab,
  type Lesson,
  type Live,
  type LiveRun,
  type RunSpec,
  type Step,
  type Work,
  worksOf,
} from '../../lessons/lesson';
import type { RunDocument } from '../../train/run-document';
import { curvesOf } from '../events';
import type { State } from '../state';
import { wishedBrief } from '../view-wishes';
import { cutShort } from './brief';
import { documentsOf, keyOf } from './documents';
import { labsWith, type Progress } from './progress';

/** How a run of a lesson stands. */
export interface Stand {
  run: RunSpec;
  documents: readonly RunDocument[];
  /** Of the newest that there is, the first arm's; undefined where there is none. */
  runId: string | undefined;
  runs: readonly LiveRun[];
  /** It has come to its end, or was ended. */
  ended: boolean;
  /** Looks that were not taken yet. */
  missing: readonly string[];
}

const over = ['finished', 'stopped'];

const keys = new WeakMap<RunDocument, string>();
const keyOfRun = (document: RunDocument): string => {
  const known = keys.get(document) ?? keyOf([document]);
  keys.set(document, known);
  return known;
};

const alike = (some: readonly RunDocument[], others: readonly RunDocument[]) =>
  some.length === others.length && some.every((document, i) => keyOfRun(document) === keyOfRun(others[i]!));

const stored = (run: RunSummary): LiveRun => {
  const { points, evaluations, probes } = curvesOf(run);
  return { document: run.document, phase: run.phase, points, evaluations, probes, made: run.made ?? {} };
};

/** Curves of stored runs, which do not change once the run has ended. */
const drawn = new WeakMap<RunSummary, LiveRun>();
const liveOf = (run: RunSummary): LiveRun => {
  const known = drawn.get(run) ?? stored(run);
  drawn.set(run, known);
  return known;
};

/** The run that is open, where it is this one; else the newest stored one that is. */
const found = (state: Readonly<State>, documents: readonly RunDocument[]): Pick<Stand, 'runId' | 'runs'> => {
  const { status, runDocument, arms, runs } = state;
  const open = arms.length > 1 ? arms.map(({ document }) => document) : runDocument ? [runDocument] : [];
  if (status && alike(open, documents)) {
    const { points, evaluations, probes, made } = state;
    return {
      runId: arms[0]?.status.runId ?? status.runId,
      runs:
        arms.length > 1
          ? arms.map((arm) => ({ ...arm, phase: arm.status.phase, made: {} }))
          : [{ document: runDocument!, phase: status.phase, points, evaluations, probes, made }],
    };
  }
  for (const run of runs) {
    if ((run.group?.arm ?? 0) !== 0 || keyOfRun(run.document) !== keyOfRun(documents[0]!)) continue;
    const own = run.group
      ? runs.filter(({ group }) => group?.id === run.group!.id).sort((a, b) => a.group!.arm - b.group!.arm)
      : [run];
    if (
      alike(
        own.map(({ document }) => document),
        documents,
      )
    )
      return { runId: run.runId, runs: own.map(liveOf) };
  }
  return { runId: undefined, runs: [] };
};

export const noLive: Live = { runs: {}, looks: {}, labs: {}, given: {}, set: {} };

/** What the works of a lesson ask for, whatever is answered. */
export const worksIn = (lesson: Lesson, live: Live = noLive) => {
  const works = lesson.steps.flatMap((step) => worksOf(step, live));
  return [...new Map(works.map((work) => [work.name, work])).values()];
};

const known = new Map<string, RunDocument[]>();

/** The documents of a run, cut short where the address asks for it; made once. */
const documentsOnce = (state: Readonly<State>, lesson: Lesson, run: RunSpec, seed: number) => {
  const backend = state.document?.backend ?? 'auto';
  const brief = wishedBrief(state.view);
  const name = `${lesson.id} ${run.name} ${seed} ${backend} ${brief}`;
  const there = known.get(name);
  if (there) return there;
  const whole = documentsOf(lesson, run, seed, state.methods, backend);
  const made = brief === undefined ? whole : whole.map((document) => cutShort(document, brief));
  known.set(name, made);
  return made;
};

/** What a step runs, where its answer asks for something. */
export const workOf = (step: Step, given: Given | undefined, live: Live): Work | undefined =>
  typeof step.run === 'function' ? step.run(given, live) : step.run;

/** Whether what a step runs has come to its end; a step that runs nothing has. */
export const ranIn = (live: Live, work: Work | undefined): boolean =>
  !work || (isLab(work) ? live.labs[work.name] : live.runs[work.name]) !== undefined;

export const standOf = (
  state: Readonly<State>,
  lesson: Lesson,
  run: RunSpec,
  seed: number,
  progress: Progress,
): Stand => {
  const documents = documentsOnce(state, lesson, run, seed);
  const { runId, runs } = found(state, documents);
  const looks = runId === undefined ? undefined : progress.looks[runId];
  return {
    run,
    documents,
    runId,
    runs,
    ended: runs.length > 0 && runs.every(({ phase }) => over.includes(phase)),
    missing: Object.keys(run.looks ?? {}).filter((name) => looks?.[name] === undefined),
  };
};

/**
 * What there is of a lesson's runs: those that have ended, with what was looked at, and beside them those under way.
 */
export const liveOfLesson = (
  state: Readonly<State>,
  lesson: Lesson,
  seed: number,
  progress: Progress,
): { live: Live; growing: Live['runs']; stands: ReadonlyMap<string, Stand> } => {
  const stands = new Map<string, Stand>();
  const runs: Record<string, readonly LiveRun[]> = {};
  const growing: Record<string, readonly LiveRun[]> = {};
  const looks: Record<string, Live['looks'][string]> = {};
  for (const work of worksIn(lesson)) {
    if (isLab(work)) continue;
    const stand = standOf(state, lesson, work, seed, progress);
    stands.set(work.name, stand);
    if (stand.runs.length === 0) continue;
    growing[work.name] = stand.runs;
    if (!stand.ended) continue;
    runs[work.name] = stand.runs;
    looks[work.name] = progress.looks[stand.runId!] ?? {};
  }
  const { given, set } = progress;
  const labs = labsWith(progress, seed);
  return { live: { runs, looks, labs, given, set }, growing, stands };
};
