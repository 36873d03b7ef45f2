import { describe, expect, it } from 'vitest';
import { defaultDatasetSettings } from '../../../src/data/settings';
import { methods } from '../../../src/methods/index';
import { defaultRun } from '../../../src/train/run-document';
import { type TimeInput, timeAhead } from '../../../src/train/time-ahead';

const run = (id: string) => defaultRun(methods.find((m) => m.id === id)!);
const input = (changes: Partial<TimeInput> = {}): TimeInput => ({
  document: run('dpo'),
  passes: 1,
  allSteps: 30,
  frozen: 1,
  trees: 256,
  treeTokens: 80,
  answerTokens: 35,
  numbers: 180_000,
  flops: 1e10,
  latency: 0,
  secondsPerStep: 0.2,
  ...changes,
});

describe('what comes before and beside the steps', () => {
  it('counts the making of pairs, which grows with them and is no part of a run on a file or of SFT', () => {
    const made = timeAhead(input()).ahead.find((p) => p.what === 'making')!;
    expect(made.count).toBe(256);
    expect(timeAhead(input({ there: true })).ahead.map((p) => p.what)).toEqual(['scoring', 'measuring']);
    const document = { ...run('dpo'), data: { ...run('dpo').data, trees: 2560 } };
    const more = timeAhead(input({ document, trees: 2560 })).ahead[0]!;
    expect(more.seconds! / made.seconds!).toBeCloseTo(10, 0);
    expect(timeAhead(input({ document: run('sft'), frozen: 0 })).ahead.map((p) => p.what)).toEqual([
      'measuring',
    ]);
    const dataset = { id: 'd', settings: defaultDatasetSettings() };
    const onFile = { ...run('dpo'), data: { ...run('dpo').data, source: null, dataset } };
    expect(timeAhead(input({ document: onFile, trees: undefined })).ahead.map((p) => p.what)).toEqual([
      'scoring',
      'measuring',
    ]);
    // Measured on the rows that are kept from training, however few.
    const measuring = (heldOut?: number) =>
      timeAhead(input({ document: onFile, heldOut })).ahead.find((p) => p.what === 'measuring')!.seconds!;
    expect(measuring() / measuring(3)).toBeCloseTo(onFile.evaluation.problems / 3, 6);
    expect(measuring(100_000)).toBe(measuring());
  });

  it('scores what the steps take, once more for a pass that guides, and waits for slow tokens', () => {
    const scoring = (changes: Partial<TimeInput>) =>
      timeAhead(input(changes)).ahead.find((p) => p.what === 'scoring')!;
    expect(scoring({ trees: 200_000 }).count).toBe(30 * 16);
    expect(scoring({ trees: 100 }).count).toBe(100);
    expect(scoring({ frozen: 2 }).seconds! / scoring({}).seconds!).toBeCloseTo(2, 6);
    const fast = timeAhead(input({ flops: 1e14 })).ahead[0]!.seconds!;
    expect(timeAhead(input({ flops: 1e14, latency: 0.01 })).ahead[0]!.seconds!).toBeGreaterThan(100 * fast);
  });

  it('adds all of it up with the steps of every pass, and says nothing where nothing was measured', () => {
    const { ahead, secondsInAll } = timeAhead(input({ passes: 2, allSteps: 60 }));
    const beside = ahead.reduce((sum, p) => sum + p.seconds!, 0);
    expect(secondsInAll).toBeCloseTo(beside + 2 * 30 * 0.2, 9);
    const unknown = timeAhead(input({ flops: undefined, secondsPerStep: undefined }));
    expect(unknown.secondsInAll).toBeUndefined();
    expect(unknown.ahead.every((p) => p.seconds === undefined)).toBe(true);
  });
});
