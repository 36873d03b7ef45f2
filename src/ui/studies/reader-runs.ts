import { baseOf, isOnFurther } from '../../studies/core/bases';
import { definitionKey } from '../../studies/core/documents';
import type { StoredRun } from '../../studies/core/stored';
import type { Study } from '../../studies/core/study';

/** What the reader ran on this device; it stands beside what is stored and changes no verdict. */
const key = (study: Study) => `marginalia.study.${study.id}${isOnFurther(study) ? `@${baseOf(study)}` : ''}`;

/** Runs of the study as it is worded now. */
export const readerRuns = (study: Study): StoredRun[] => {
  try {
    const kept = JSON.parse(localStorage.getItem(key(study)) ?? 'null') as {
      definition?: string;
      runs?: StoredRun[];
    } | null;
    return kept?.definition === definitionKey(study) && Array.isArray(kept.runs) ? kept.runs : [];
  } catch {
    return []; // no storage here, or not ours: nothing was run
  }
};

/** @returns why they could not be kept beyond this visit; empty when they are */
export const keepReaderRuns = (study: Study, runs: readonly StoredRun[]): string => {
  try {
    if (runs.length === 0) localStorage.removeItem(key(study));
    else localStorage.setItem(key(study), JSON.stringify({ definition: definitionKey(study), runs }));
    return '';
  } catch (error) {
    return `They are here until the page is left: ${error instanceof Error ? error.message : String(error)}`;
  }
};
