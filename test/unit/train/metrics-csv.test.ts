import { describe, expect, it } from 'vitest';
import { metricsCsv } from '../../../src/train/metrics-csv';

const evaluation = (stage: string, step: number, metrics?: Record<string, number>) => ({
  step,
  stage,
  problems: 10,
  accuracy: 0.5,
  interval: [0.25, 0.75] as [number, number],
  stepAccuracy: 0,
  meanTokens: 7,
  ...(metrics ? { kind: 'pairs' as const, metrics } : {}),
});

describe('metrics as CSV', () => {
  it('has a row per step, evaluations on the row of their step under TRL’s names', () => {
    const csv = metricsCsv({
      metrics: [
        { stage: 'dpo', metrics: { step: 1, loss: 0.7 } },
        { stage: 'dpo', metrics: { step: 2, loss: 0.6, 'rewards/margins': 0.1 } },
      ],
      evaluations: [evaluation('dpo', 0, { eval_loss: 0.69 }), evaluation('dpo', 2, { eval_loss: 0.65 })],
    });
    const lines = csv.trimEnd().split('\n');
    const columns = lines[0]!.split(',');
    expect(columns.slice(0, 2)).toEqual(['stage', 'step']);
    const cell = (row: number, name: string) => lines[row]!.split(',')[columns.indexOf(name)];
    expect(lines.slice(1).map((line) => line.split(',')[1])).toEqual(['0', '1', '2']);
    expect([1, 2, 3].map((row) => cell(row, 'eval_loss'))).toEqual(['0.69', '', '0.65']);
    expect([1, 2, 3].map((row) => cell(row, 'loss'))).toEqual(['', '0.7', '0.6']);
    expect(cell(3, 'rewards/margins')).toBe('0.1');
    expect(cell(1, 'eval/high')).toBe('0.75');
  });

  it('keeps stages apart and in their order, and quotes what would break a row', () => {
    const csv = metricsCsv({
      metrics: [
        { stage: 'guide', metrics: { step: 1, loss: 2 } },
        { stage: 'a "b", c', metrics: { step: 1, loss: 1 } },
      ],
      evaluations: [evaluation('a "b", c', 1)],
    });
    const lines = csv.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^guide,1,/);
    expect(lines[2]).toMatch(/^"a ""b"", c",1,/);
  });
});
