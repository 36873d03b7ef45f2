import { expect, it } from 'vitest';
import { comparedLines, readArms } from '../../scripts/terminal/compare.mjs';
import { compareDocuments, compared, sharedDocument } from '../../src/headless-compare';
import { methods } from '../../src/methods/index';
import { parseGroup } from '../../src/run/group';
import { describeMethod } from '../../src/train/method-info';
import type { RunDocument } from '../../src/train/run-document';
import type { Evaluation, RunSummary } from '../../workers/protocol';

const catalogue = methods.map(describeMethod);
const set = [
  { path: ['steps'], value: 7 },
  { path: ['data', 'trees'], value: 8 },
];

it('makes documents of what stands behind --compare', () => {
  const arms = readArms({ compare: 'dpo:beta=0.5,ipo,dpo:seed=2:optimizer.learningRate=0.001' })!;
  const base = sharedDocument(catalogue, arms, { set, bring: {} });
  const [a, b, c] = parseGroup(compareDocuments(catalogue, arms, base), catalogue);
  expect([a, b, c].map((d) => [d!.steps, d!.data.trees, d!.seed])).toEqual([
    [7, 8, 1],
    [7, 8, 1],
    [7, 8, 2],
  ]);
  expect(a!.method).toMatchObject({ id: 'dpo', params: { beta: 0.5 } });
  expect(b).toMatchObject({ method: { id: 'ipo' }, optimizer: { learningRate: a!.optimizer.learningRate } });
  expect(c!.method.params['beta']).toBe(0.1);
  expect(c!.optimizer.learningRate).toBe(0.001);
});

it('says what is wrong with it', () => {
  expect(readArms({})).toBeUndefined();
  expect(() => readArms({ compare: 'dpo' })).toThrow('two to 4 methods');
  expect(() => readArms({ compare: 'dpo,ipo:beta' })).toThrow('"beta" of ipo is not NAME=VALUE');
  expect(() => readArms({ compare: 'dpo,ipo', out: 'x' })).toThrow('--out: does not go with --compare');
  const arms = readArms({ compare: 'dpo,nope' })!;
  const base = sharedDocument(catalogue, arms, { set, bring: {} });
  expect(() => parseGroup(compareDocuments(catalogue, arms, base), catalogue)).toThrow('b.method.id');
});

it('tells what came of the arms, each beside the first', () => {
  const evaluated = (step: number, solved: string): Evaluation => ({
    step,
    stage: 'x',
    problems: solved.length,
    accuracy: [...solved].filter((s) => s === '1').length / solved.length,
    interval: [0, 1],
    stepAccuracy: 0,
    meanTokens: 3,
    solved,
  });
  const run = (id: string, after: string): RunSummary => ({
    runId: id,
    document: { method: { id, params: {} }, seed: 1 } as unknown as RunDocument,
    created: 0,
    updated: 0,
    step: 4,
    stage: 0,
    phase: 'finished',
    metrics: [],
    evaluations: [evaluated(0, '1100'), evaluated(4, after)],
  });
  const arms = compared([run('dpo', '1010'), run('ipo', '1110')], new Map([[0, 'It broke.']]));
  expect(arms[1]).toMatchObject({
    letter: 'B',
    paired: { difference: 0.25, gained: 1 },
    mended: { mended: 1, broken: 0 },
  });
  expect(arms[0]).toMatchObject({ paired: null, mended: { mended: 1, broken: 1 } });
  const lines = comparedLines(arms);
  expect(lines[0]).toMatch(/A {2}dpo\s+B {2}ipo/);
  expect(lines[2]).toContain('It broke.');
  expect(lines[3]).toContain('+25.0 (');
});
