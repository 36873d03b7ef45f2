import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventBatcher } from '../../../src/train/event-batcher';
import type { RunEvent } from '../../../workers/protocol';

const metrics = (step: number): RunEvent => ({ kind: 'metrics', stage: 'dpo', metrics: { step } });
const progress = (done: number): RunEvent => ({
  kind: 'progress',
  phase: 'training',
  done,
  total: 9,
  note: '',
});

describe('createEventBatcher', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('delivers at most ten times a second, loses no metrics, and keeps the last progress', () => {
    const batches: RunEvent[][] = [];
    const batcher = createEventBatcher((events) => batches.push(events));
    for (let i = 0; i < 50; i++) {
      batcher.push(metrics(i));
      batcher.push(progress(i));
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(1000);
    expect(batches.length).toBeLessThanOrEqual(7); // half a second and the first and last
    const all = batches.flat();
    expect(all.filter((e) => e.kind === 'metrics').map((e) => e.metrics['step'])).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect(all.at(-1)).toEqual(progress(49));
    for (const batch of batches)
      expect(batch.filter((e) => e.kind === 'progress').length).toBeLessThanOrEqual(1);
  });

  it('keeps what each arm of a comparison said last', () => {
    const batches: RunEvent[][] = [];
    const batcher = createEventBatcher((events) => batches.push(events));
    const said = (arm: number, done: number): RunEvent => ({ ...progress(done), arm });
    batcher.push(metrics(0));
    for (const event of [said(0, 1), said(1, 2), said(0, 3), said(2, 4), said(1, 5)]) batcher.push(event);
    batcher.flush();
    expect(batches.at(-1)).toEqual([said(0, 3), said(2, 4), said(1, 5)]);
  });
});
