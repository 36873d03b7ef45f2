import { initBackend } from './tf';
import type { LossResult } from './train/loss-case/compute-loss';
import { computeLoss } from './train/loss-case/compute-loss';

/** `computeLoss` in plain JavaScript, without a worker: for the terminal. Not beside a trainer in the same thread. */
export const computeLossOnCpu = async (value: unknown): Promise<LossResult> => {
  await initBackend('cpu');
  return computeLoss(value);
};
