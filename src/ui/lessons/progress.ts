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
  labs: Record<string, LabResult>;
}

export const noProgress = (): Progress => ({
  version: 1,
  at: 1,
  given: {},
  skipped: [],
  set: {},
  looks: {},
  labs: {},
});

const keyOf = (lesson: string) => `marginalia-lesson-${lesson}`;

/** What is stored, or a new beginning where there is nothing that can be read. */
export const readProgress = (lesson: string): Progress => {
  try {
    const stored = JSON.parse(localStorage.getItem(keyOf(lesson)) ?? 'null') as Progress | null;
    if (stored?.version === 1) return { ...noProgress(), ...stored };
  } catch {
    // Storage may be forbidden, or hold something else.
  }
  return noProgress();
};

/** @returns false where the browser keeps nothing, or has no room */
export const writeProgress = (lesson: string, progress: Progress): boolean => {
  try {
    localStorage.setItem(keyOf(lesson), JSON.stringify(progress));
    return true;
  } catch {
    return false;
  }
};

export const forgetProgress = (lesson: string) => {
  try {
    localStorage.removeItem(keyOf(lesson));
  } catch {
    // It then lasts as long as the page.
  }
};
