import { createRng } from '../util/rng';
import { orderOfEpoch } from './data-order';
import type { RunDocument } from './run-document';

type Plan = Pick<RunDocument, 'seed' | 'steps' | 'batchSize' | 'accumulate'>;

/** Trees that the steps take, counted each time they take one. */
export const treesTaken = ({ steps, batchSize, accumulate }: Omit<Plan, 'seed'>): number =>
  steps * batchSize * accumulate;

/**
 * Those of `total` trees that some step of the run takes, in their order: all of them, unless the steps end within the
 * first epoch. What is computed before training (a reference's log-probs, a guide's) need not be computed for the rest.
 */
export const treesUsed = (plan: Plan, total: number): number[] => {
  const taken = treesTaken(plan);
  if (taken >= total) return Array.from({ length: total }, (_, i) => i);
  return orderOfEpoch(createRng(plan.seed), 0, total)
    .slice(0, taken)
    .sort((a, b) => a - b);
};
