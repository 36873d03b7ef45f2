import { expect, it } from 'vitest';
import { plannedSteps } from '../../../src/ui/charts/curves';
import type { RunStatus } from '../../../workers/protocol';

const status = (index: number, count: number, steps: number) =>
  ({ steps, stage: { index, count, id: `pass-${index}`, label: '' } }) as RunStatus;
const at = (x: number) => ({ x, stage: '', metrics: {} });
const none = { stages: [], points: [], evaluations: [] };

it('reaches to the end of the last pass, from the first step on', () => {
  expect(plannedSteps({ ...none, status: status(0, 1, 30) })).toBe(30);
  const first = { ...none, stages: [{ id: 'pass-0', x: 0 }], points: [at(1)] };
  expect(plannedSteps({ ...first, status: status(0, 2, 30) })).toBe(60);
  // The second pass has begun and has no row yet; then it has.
  const half = { ...first, points: [at(30)] };
  expect(plannedSteps({ ...half, status: status(1, 2, 30) })).toBe(60);
  const second = { ...half, stages: [...first.stages, { id: 'pass-1', x: 30 }], points: [at(31)] };
  expect(plannedSteps({ ...second, status: status(1, 2, 30) })).toBe(60);
  // Rows without a status, and more rows than were planned.
  expect(plannedSteps({ ...none, points: [at(12)], status: undefined })).toBe(12);
  expect(plannedSteps({ ...none, points: [at(12)], status: status(0, 1, 10) })).toBe(12);
});
