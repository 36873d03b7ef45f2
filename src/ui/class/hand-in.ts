/** What a pupil hands in: one kilobyte of JSON, with nothing in it that was typed. */
import type { RunSummary } from '../../../workers/protocol';
import type { MethodInfo } from '../../train/method-info';
import { defaultRun, type RunDocument } from '../../train/run-document';
import { mendedOf } from '../live/mended';
import { writeHash } from '../run-url';

/** An answer to a question of a lesson: an option's name, a number, the number of a line. */
export type Given = string | number;

export interface HandedRun {
  /** The document as an address has it, without seed and backend: equal ones are the same run with another seed. */
  fields: string;
  method: string;
  steps: number;
  /** Shares of held-out problems solved, or of pairs ranked right; and counts of problems that changed. */
  before?: number;
  now?: number;
  mended?: number;
  broken?: number;
}

export interface HandIn {
  marginalia: 'hand-in';
  version: 1;
  seed: number;
  runs: HandedRun[];
  /** By lesson and number of the step. */
  answers: Record<string, Record<string, Given>>;
}

/** Runs that one file holds at most, the newest first. */
const mostRuns = 6;

/** The document without what differs from pupil to pupil. */
const fieldsOf = (document: RunDocument, methods: readonly MethodInfo[]): string => {
  const method = methods.find(({ id }) => id === document.method.id);
  if (!method) return `method.id=${document.method.id}`;
  const base = defaultRun(method, document.model);
  const own = writeHash({ ...document, seed: base.seed, backend: base.backend }, base);
  return [`method.id=${document.method.id}`, own].filter(Boolean).join('&');
};

const handed = ({ document, evaluations, step }: RunSummary, methods: readonly MethodInfo[]): HandedRun => {
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  const changed = mendedOf(first, last);
  const round = (share: number) => Number(share.toFixed(4));
  return {
    fields: fieldsOf(document, methods),
    method: document.method.id,
    steps: step,
    ...(first && { before: round(first.accuracy) }),
    ...(last && last !== first && { now: round(last.accuracy) }),
    ...(changed && { mended: changed.mended, broken: changed.broken }),
  };
};

/**
 * What there is to hand in of a seed: its newest runs that have ended, one of each document, and the answers given.
 * @param runs newest first
 */
export const handInOf = (
  seed: number,
  runs: readonly RunSummary[],
  methods: readonly MethodInfo[],
  answers: HandIn['answers'],
): HandIn => {
  const own = runs.filter(
    ({ document, phase }) => document.seed === seed && (phase === 'finished' || phase === 'stopped'),
  );
  const each = new Map<string, HandedRun>();
  for (const run of own) {
    const one = handed(run, methods);
    if (!each.has(one.fields)) each.set(one.fields, one);
  }
  return { marginalia: 'hand-in', version: 1, seed, runs: [...each.values()].slice(0, mostRuns), answers };
};

/** Answers to lessons that this browser has kept. */
export const keptAnswers = (storage: Pick<Storage, 'length' | 'key' | 'getItem'>): HandIn['answers'] => {
  const prefix = 'marginalia-lesson-';
  const answers: HandIn['answers'] = {};
  for (let i = 0; i < storage.length; i++) {
    const key = storage.key(i);
    if (!key?.startsWith(prefix)) continue;
    try {
      const { given } = JSON.parse(storage.getItem(key) ?? '{}') as { given?: Record<string, Given> };
      const own = Object.entries(given ?? {}).filter(([, value]) =>
        ['string', 'number'].includes(typeof value),
      );
      if (own.length > 0) answers[key.slice(prefix.length)] = Object.fromEntries(own);
    } catch {
      // What cannot be read is not handed in.
    }
  }
  return answers;
};

const isShare = (value: unknown) =>
  value === undefined || (typeof value === 'number' && value >= 0 && value <= 1);

/** A file that was handed in. @throws Error saying what is wrong with it */
export const readHandIn = (name: string, text: string): HandIn => {
  const refuse = (why: string): never => {
    throw new Error(`${name}: ${why}`);
  };
  let given: Partial<HandIn>;
  try {
    given = JSON.parse(text) as Partial<HandIn>;
  } catch {
    return refuse('is not JSON; give the files that “Hand in” saved');
  }
  if (given?.marginalia !== 'hand-in') refuse('was not saved by “Hand in”');
  if (given.version !== 1) refuse(`is of version ${String(given.version)}, and this page reads version 1`);
  if (!Number.isSafeInteger(given.seed)) refuse('has no seed');
  if (!Array.isArray(given.runs)) refuse('has no list of runs');
  for (const [i, run] of given.runs!.entries())
    if (
      typeof run?.fields !== 'string' ||
      typeof run.method !== 'string' ||
      ![run.before, run.now].every(isShare)
    )
      refuse(`run ${i + 1} cannot be read`);
  if (typeof given.answers !== 'object' || given.answers === null) refuse('has no answers');
  return given as HandIn;
};
