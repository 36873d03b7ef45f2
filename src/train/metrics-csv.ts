import type { Evaluation, RunSummary } from '../../workers/protocol';

const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const evaluationColumns = (e: Evaluation): Record<string, number> => ({
  'eval/accuracy': e.accuracy,
  'eval/low': e.interval[0],
  'eval/high': e.interval[1],
  'eval/step_accuracy': e.stepAccuracy,
  'eval/mean_tokens': e.meanTokens,
  'eval/problems': e.problems,
  ...Object.assign(
    {},
    ...(e.measures ?? []).map(({ id, value, interval: [low, high] }) => ({
      [`eval/${id}`]: value,
      [`eval/${id}_low`]: low,
      [`eval/${id}_high`]: high,
    })),
  ),
  ...e.metrics,
});

/**
 * Metrics as CSV, stage by stage, one row per step; evaluations in columns named `eval/...` (and TRL's `eval_...` for rows of
 * a dataset) on the row of their step, or on a row of their own where no step has reported (before the first).
 */
export const metricsCsv = ({ metrics, evaluations }: Pick<RunSummary, 'metrics' | 'evaluations'>): string => {
  const stages = [...new Set([...metrics, ...evaluations].map(({ stage }) => stage))];
  const rows = new Map<string, Record<string, number | string>>();
  const row = (stage: string, step: number) => {
    const key = `${stage} ${step}`;
    const found = rows.get(key) ?? { stage, step };
    rows.set(key, found);
    return found;
  };
  for (const e of evaluations) Object.assign(row(e.stage, e.step), evaluationColumns(e));
  for (const m of metrics) Object.assign(row(m.stage, m.metrics['step'] ?? 0), m.metrics);
  const ordered = [...rows.values()].sort(
    (a, b) =>
      stages.indexOf(String(a['stage'])) - stages.indexOf(String(b['stage'])) ||
      Number(a['step']) - Number(b['step']),
  );
  const columns = ['stage', 'step', ...new Set(ordered.flatMap((r) => Object.keys(r)))].filter(
    (name, i, all) => all.indexOf(name) === i,
  );
  const line = (cells: readonly (string | number | undefined)[]) =>
    cells.map((c) => field(String(c ?? ''))).join(',');
  return `${[line(columns), ...ordered.map((r) => line(columns.map((c) => r[c])))].join('\n')}\n`;
};
