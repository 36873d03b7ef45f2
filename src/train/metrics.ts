/** Sums what the micro-batches of one optimiser step report, under TRL's names. */
export interface MicroBatchReport {
  loss: number;
  /** What the loss is a mean over, and so the share of this micro-batch in the step's loss. */
  over: number;
  chosenRewards?: Float32Array; // [C]
  rejectedRewards?: Float32Array; // [C]
  /** Summed policy log-probs per comparison. */
  chosenLogps?: Float64Array; // [C]
  rejectedLogps?: Float64Array; // [C]
  aux: Record<string, number>;
  /** Tokens that went through the model. */
  tokens: number;
}

const mean = (parts: readonly ArrayLike<number>[]): number => {
  let sum = 0;
  let n = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) sum += part[i]!;
    n += part.length;
  }
  return sum / n;
};

/**
 * One row of metrics. Names are those of TRL's trainers: `loss`, `rewards/chosen`, `rewards/rejected`,
 * `rewards/accuracies` (share of comparisons whose chosen reward is the larger), `rewards/margins`, `logps/chosen` and
 * `logps/rejected` (mean summed log-probs). Auxiliary scalars keep their own names.
 */
export const stepMetrics = (reports: readonly MicroBatchReport[]): Record<string, number> => {
  const size = reports.reduce((sum, r) => sum + r.over, 0) || 1;
  const weighted = (value: (r: MicroBatchReport) => number) =>
    reports.reduce((sum, r) => sum + (value(r) * r.over) / size, 0);
  const metrics: Record<string, number> = { loss: weighted((r) => r.loss) };
  const chosen = reports.flatMap((r) => (r.chosenRewards ? [r.chosenRewards] : []));
  const rejected = reports.flatMap((r) => (r.rejectedRewards ? [r.rejectedRewards] : []));
  if (chosen.length > 0 && rejected.length > 0) {
    const margins = chosen.map((part, i) => Float64Array.from(part, (c, j) => c - rejected[i]![j]!));
    metrics['rewards/chosen'] = mean(chosen);
    metrics['rewards/rejected'] = mean(rejected);
    metrics['rewards/accuracies'] = mean(margins.map((part) => part.map((m) => (m > 0 ? 1 : 0))));
    metrics['rewards/margins'] = mean(margins);
  }
  const chosenLogps = reports.flatMap((r) => (r.chosenLogps ? [r.chosenLogps] : []));
  const rejectedLogps = reports.flatMap((r) => (r.rejectedLogps ? [r.rejectedLogps] : []));
  if (chosenLogps.length > 0) metrics['logps/chosen'] = mean(chosenLogps);
  if (rejectedLogps.length > 0) metrics['logps/rejected'] = mean(rejectedLogps);
  for (const name of Object.keys(reports[0]?.aux ?? {})) metrics[name] = weighted((r) => r.aux[name] ?? 0);
  return metrics;
};
