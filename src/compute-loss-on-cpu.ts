import { initBackend, tf } from './tf';
import type { LossCase } from './train/loss-case/case';
import type { LossResult } from './train/loss-case/compute-loss';
import { computeLoss } from './train/loss-case/compute-loss';
import { exampleCase } from './train/loss-case/example-case';
import type { LatentResult } from './train/loss-case/latent-case';
import { computeLatentLoss, isLatentCase } from './train/loss-case/latent-case';

// In plain JavaScript, without a worker: for the terminal. Not beside a trainer in the same thread.

const start = async () => {
  tf.enableProdMode(); // else it advises to install a faster backend, among the numbers
  await initBackend('cpu');
};

/** See `computeLoss`; a case of arrays by name is one of images, see `computeLatentLoss`. */
export const computeLossOnCpu = async (value: unknown): Promise<LossResult | LatentResult> => {
  await start();
  return isLatentCase(value) ? computeLatentLoss(value) : computeLoss(value);
};

/** See `exampleCase`. */
export const exampleCaseOnCpu = async (method: string): Promise<LossCase> => {
  await start();
  return exampleCase(method);
};
