import type { RunDocument } from './run-document';

/**
 * Learning rate of optimiser step `step` (0-based) out of `steps`: a linear rise from 0 over the warm-up, then constant,
 * linear to 0, or a half cosine to 0. The same numbers as transformers' get_*_schedule_with_warmup.
 */
export const learningRateAt = (
  schedule: RunDocument['schedule'],
  peak: number,
  step: number,
  steps: number,
): number => {
  const warmup = Math.ceil(schedule.warmup * steps);
  if (step < warmup) return (peak * step) / Math.max(1, warmup);
  if (schedule.kind === 'constant') return peak;
  const progress = (step - warmup) / Math.max(1, steps - warmup);
  if (schedule.kind === 'linear') return peak * Math.max(0, 1 - progress);
  return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
};
