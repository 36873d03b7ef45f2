import type { EvaluationPoint, Point } from '../state';

const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Metrics as CSV, one row per step; evaluations in columns named `eval/...` on the row of their step, or on a row of
 * their own where no step has reported (before the first).
 */
export const metricsCsv = (points: readonly Point[], evaluations: readonly EvaluationPoint[]): string => {
  const rows = new Map<string, Record<string, number | string>>();
  const row = (stage: string, step: number) => {
    const key = `${stage} ${step}`;
    const found = rows.get(key) ?? { stage, step };
    rows.set(key, found);
    return found;
  };
  const ordered = [
    ...evaluations.map((e) => ({
      x: e.x,
      add: () =>
        Object.assign(row(e.evaluation.stage, e.evaluation.step), e.evaluation.metrics, {
          'eval/accuracy': e.evaluation.accuracy,
          'eval/low': e.evaluation.interval[0],
          'eval/high': e.evaluation.interval[1],
          'eval/step_accuracy': e.evaluation.stepAccuracy,
          'eval/mean_tokens': e.evaluation.meanTokens,
          'eval/problems': e.evaluation.problems,
        }),
    })),
    ...points.map((p) => ({
      x: p.x,
      add: () => Object.assign(row(p.stage, p.metrics['step'] ?? 0), p.metrics),
    })),
  ].sort((a, b) => a.x - b.x);
  for (const { add } of ordered) add();
  const columns = [...new Set([...rows.values()].flatMap((r) => Object.keys(r)))];
  const line = (cells: readonly (string | number | undefined)[]) =>
    cells.map((c) => field(String(c ?? ''))).join(',');
  return `${[line(columns), ...[...rows.values()].map((r) => line(columns.map((c) => r[c])))].join('\n')}\n`;
};
