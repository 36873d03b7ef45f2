/** How far a reader is in a lesson, kept on this device. The runs themselves lie in the store of runs. */

import type { LabResult } from '../../lab/lab';
import type { Given, Live } from '../../lessons/lesson';

export interface Progress {
  version: 1;
  /** The step that was open last. */
  at: number;
  given: Record<number, Given>;
  /** Questions that were gone past. */
  skipped: number[];
  set: Record<string, number>;
  /** What was looked at in runs, by their ids. */
  looks: Record<string, Live['looks'][string]>;
  /** By name and seed, see `labKey`. */
  labs: Record<string, LabResult>;
}

/** Under which an experiment is kept: another seed is another experiment. */
export const labKey = (name: string, seed: number): string => `${name}@${seed}`;

/** Experiments of a seed, by their names. */
export const labsWith = ({ labs }: Progress, seed: number): Record<string, LabResult> =>
  Object.fromEntries(
    Object.entries(labs).flatMap(([key, result]) => {
      const name = key.slice(0, key.lastIndexOf('@'));
      return key === labKey(name, seed) ? [[name, result]] : [];
    }),
  );

export const noProgress = (): Progress => ({
  version: 1,
  at: 1,
  given: {},
  skipped: [],
  set: {},
  looks: {},
  labs: {},
});

/** How far one is with runs that are cut short is kept apart, and not handed in. */
const keyOf = (lesson: string, brief?: number) =>
  brief === undefined ? `marginalia-lesson-${lesson}` : `marginalia-brief-${brief}-lesson-${lesson}`;

/** What is stored, or a new beginning where there is nothing that can be read. */
export const readProgress = (lesson: string, brief?: number): Progress => {
  try {
    const stored = JSON.parse(localStorage.getItem(keyOf(lesson, brief)) ?? 'null') as Progress | null;
    if (stored?.version === 1) return { ...noProgress(), ...stored };
  } catch {
    // Storage may be forbidden, or hold something else.
  }
  return noProgress();
};

/** @returns false where the browser keeps nothing, or has no room */
export const writeProgress = (lesson: string, progress: Progress, brief?: number): boolean => {
  try {
    localStorage.setItem(keyOf(lesson, brief), JSON.stringify(progress));
    return true;
  } catch {
    return false;
  }
};

export const forgetProgress = (lesson: string, brief?: number) => {
  try {
    localStorage.removeItem(keyOf(lesson, brief));
  } catch {
    // It then lasts as long as the page.
  }
};
