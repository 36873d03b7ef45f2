import { labCards, runLab } from './lab/index';
import type { LabCard, LabResult } from './lab/lab';
import { labHooks } from './lab/lab-calls';
import { initBackend, tf } from './tf';

// In plain JavaScript, without a worker: for the terminal. Not beside a trainer in the same thread.

/** What there is. */
export const labsOnCpu = (): LabCard[] => labCards();

/** See `runLab`. @param tell how far it is */
export const runLabOnCpu = async (
  id: string,
  params: Readonly<Record<string, unknown>>,
  seed: number,
  tell: (done: number, total: number) => void,
): Promise<LabResult> => {
  tf.enableProdMode();
  await initBackend('cpu');
  return runLab(id, params, labHooks(seed, new AbortController().signal, tell));
};
