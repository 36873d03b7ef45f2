import { expect, it } from 'vitest';
import { accuracyOf } from '../../../src/train/evaluate';
import { measureInterval, measuresBeforeAndAfter, measureValue } from '../../../src/train/measure-words';
import { metricsCsv } from '../../../src/train/metrics-csv';
import { meanOf, shareOf } from '../../../src/util/measure';
import { wilson } from '../../../src/util/wilson';
import type { Evaluation } from '../../../workers/protocol';

const asr = { id: 'asr', name: 'attacks that work', better: 'lower' } as const;
const length = { id: 'length', name: 'length', better: 'neither' } as const;

it('a share has Wilson’s interval, a mean that of its standard error, and none of nothing is a number', () => {
  expect(shareOf(asr, 3, 40)).toEqual({
    ...asr,
    unit: 'share',
    value: 3 / 40,
    interval: wilson(3, 40),
    count: 40,
  });
  expect(shareOf(asr, 0, 0)).toMatchObject({ value: 0, interval: [0, 1], count: 0 });
  const { value, interval } = meanOf(length, 'tokens', [1, 2, 3, 6]);
  expect(value).toBe(3);
  const half = 1.959964 * Math.sqrt(14 / 3 / 4); // squares 4, 1, 0, 9
  expect(interval[0]).toBeCloseTo(3 - half, 10);
  expect(interval[1]).toBeCloseTo(3 + half, 10);
  expect(meanOf(length, 'tokens', [])).toMatchObject({ value: 0, interval: [0, 0] });
});

it('is said in percent or in its unit', () => {
  expect(measureValue(shareOf(asr, 3, 40))).toBe('7.5 %');
  expect(measureInterval(shareOf(asr, 3, 40))).toBe('2.6 to 19.9');
  expect(measureValue(meanOf(length, 'tokens', [34, 35]))).toBe('34.5 tokens');
  expect(measureValue(meanOf(length, 'lines an answer', [1]))).toBe('1.00 lines an answer');
  expect([-0.004, -0.006].map((x) => measureValue(meanOf(length, 'nats', [x])))).toEqual([
    '0.00 nats',
    '−0.01 nats',
  ]);
  const [before, after] = [[shareOf(asr, 1, 2)], [shareOf(asr, 0, 2), meanOf(length, 'tokens', [1])]];
  expect(measuresBeforeAndAfter(before, after).map((m) => m.before?.value)).toEqual([0.5, undefined]);
});

it('has columns of its own in the CSV, on the rows of evaluations', () => {
  const evaluation = (step: number, hits: number): Evaluation => ({
    step,
    stage: 'egida',
    problems: 4,
    accuracy: 0.5,
    interval: [0.1, 0.9],
    stepAccuracy: 0.5,
    meanTokens: 9,
    temperature: 1,
    measures: [shareOf(asr, hits, 4)],
  });
  const csv = metricsCsv({
    metrics: [{ stage: 'egida', metrics: { step: 1, loss: 0.7 } }],
    evaluations: [evaluation(0, 3), evaluation(1, 1)],
  });
  const [head, ...rows] = csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  const column = (name: string) => rows.map((row) => Number(row[head!.indexOf(name)]));
  expect(column('eval/asr')).toEqual([0.75, 0.25]);
  expect(column('eval/asr_low')[0]).toBeCloseTo(wilson(3, 4)[0], 10);
  expect(column('eval/asr_high')[1]).toBeCloseTo(wilson(1, 4)[1], 10);
});

it('of several answers to a problem the accuracy is a mean over problems', () => {
  const answer = (id: string, correct: boolean) => ({
    problem: { id, prompt: '', solution: '', answer: '', difficulty: '', data: {} },
    text: '',
    sample: { tokens: [5, 2], logProbs: [0, 0], proposalLogProbs: [0, 0], finished: true },
    verdict: { steps: [], correct, answer: undefined, firstWrongStep: correct ? -1 : 0 },
  });
  const many = ['a', 'a', 'b', 'b'].map((id, i) => answer(id, i < 3));
  const found = accuracyOf(many);
  expect(found).toMatchObject({ problems: 2, accuracy: 0.75, meanTokens: 2 });
  expect(found.interval).toEqual(meanOf(asr, 'share', [1, 0.5]).interval);
  expect(accuracyOf(many.slice(1, 3))).toMatchObject({ problems: 2, accuracy: 1, interval: wilson(2, 2) });
});
