import type { Evaluation } from '../../workers/protocol';

/** What a finished run says of itself. */
export const finishedMessage = (steps: number, evaluations: readonly Evaluation[]): string => {
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  if (!first || !last || first === last) return `Finished after ${steps} steps.`;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  if (last.kind === 'pairs') {
    const loss = (e: Evaluation) => (e.metrics?.['eval_loss'] ?? Number.NaN).toFixed(4);
    const ranked =
      last.problems > 0 ? `, and ${percent(last.accuracy)} of held-out pairs are ranked right` : '';
    return `Finished: the loss on held-out rows went from ${loss(first)} to ${loss(last)}${ranked}.`;
  }
  return `Finished: held-out accuracy went from ${percent(first.accuracy)} to ${percent(last.accuracy)}.`;
};
