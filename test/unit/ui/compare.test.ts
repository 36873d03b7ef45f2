import { expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, type RunDocument } from '../../../src/train/run-document';
import { estimateOfArms } from '../../../src/ui/compare/estimate-arms';
import { countedOf, type ShownArm, told } from '../../../src/ui/compare/panels';
import { sameAsFirst } from '../../../src/ui/compare/same-pair';
import { betasOf, byArm, commonSource, sameness } from '../../../src/ui/compare/sameness';
import { statusSentence } from '../../../src/ui/dock/status-sentence';
import { initialState, type State } from '../../../src/ui/state';
import type { CreditResponse, CreditView, Estimate, RunPhase } from '../../../workers/protocol';

const infos = ['dpo', 'ipo', 'simpo', 'step-dpo', 'kto'].map((id) =>
  describeMethod(methods.find((m) => m.id === id)!),
);
const infoOf = (id: string) => infos.find((info) => info.id === id);
const runOf = (id: string, changes: Partial<RunDocument> = {}): RunDocument => ({
  ...defaultRun(infoOf(id)!),
  ...changes,
});

it('names all that is not the same, by arm', () => {
  const seed = { name: 'seed', of: (d: RunDocument) => d.seed, say: (d: RunDocument) => String(d.seed) };
  const arms = [runOf('dpo'), runOf('dpo', { seed: 2, checkpointEvery: 3 }), runOf('dpo')];
  const { alike, unlike } = sameness(arms, [seed], ['method', 'seed']);
  expect(alike).toEqual([]);
  expect(unlike.map(({ name, said }) => `${name}: ${byArm(said)}`)).toEqual([
    'seed: A and C 1; B 2',
    `checkpointEvery: A and C ${runOf('dpo').checkpointEvery}; B 3`,
  ]);
  expect(sameness([arms[0]!, arms[2]!], [seed], ['method', 'seed'])).toEqual({
    alike: [{ name: 'seed', said: '1' }],
    unlike: [],
  });
});

it('tells betas of sums from betas of means, as the parameters have it', () => {
  const sum = runOf('ipo', { method: { id: 'ipo', params: { beta: 0.1, average: 'sum' } } });
  expect(betasOf([runOf('dpo'), sum], infoOf)).toBeUndefined();
  expect(betasOf([runOf('dpo'), runOf('ipo'), runOf('simpo')], infoOf)).toEqual({
    sum: ['DPO'],
    mean: ['IPO', 'SimPO'],
  });
  const all = methods.map(describeMethod);
  const found = betasOf(
    all.map((info) => defaultRun(info)),
    (id) => all.find((info) => info.id === id),
  )!;
  expect(found.mean).toEqual(['IPO', 'SimPO', 'alpha-DPO', 'DPO-norm', 'ORPO', 'ASFT']);
  expect(found.sum).toContain('R-DPO');
});

it('finds pairs that all methods of a comparison can learn from', () => {
  const [a, b] = [runOf('dpo'), runOf('simpo')];
  expect(commonSource([a, a], infoOf)).toBeUndefined();
  expect(commonSource([a, b], infoOf)?.id).toBe(a.data.source!.id);
  // DPO learns from pairs of steps as well, Step-DPO not from pairs of answers.
  expect(commonSource([a, runOf('step-dpo')], infoOf)?.id).toBe('first-mistakes');
  expect(commonSource([b, runOf('kto')], infoOf)).toBeUndefined();
});

it('adds up what arms take: lasting parts and times of all, of passing ones the largest, shared pairs once', () => {
  const estimate = (activations: number, seconds: number): Estimate => ({
    parts: [
      { what: 'model', bytes: 100 },
      { what: 'activations', bytes: activations },
    ],
    totalBytes: 100 + activations,
    limitBytes: 1000,
    largestBufferBytes: 7,
    secondsPerStep: 1,
    passes: 1,
    allSteps: 10,
    ahead: [
      { what: 'making', count: 4, seconds: 5 },
      { what: 'measuring', count: 2, seconds: 1 },
    ],
    secondsInAll: seconds,
    tokensPerStep: 10,
    longest: 5,
    fits: true,
    problem: '',
    remedies: [],
  });
  const arms = [estimate(50, 20), estimate(80, 30), estimate(10, 40)];
  const documents = [runOf('dpo'), runOf('dpo'), runOf('dpo', { seed: 2 })];
  expect(estimateOfArms(documents, arms)).toMatchObject({
    totalBytes: 380,
    secondsInAll: 85,
    allSteps: 30,
    fits: true,
  });
  expect(estimateOfArms(documents, arms).ahead.filter(({ what }) => what === 'making')).toHaveLength(2);
  const tight = estimateOfArms(
    documents,
    arms.map((each) => ({ ...each, limitBytes: 379 })),
  );
  expect(tight).toMatchObject({ fits: false, problem: expect.stringContaining('together') });
});

it('says which arm failed beside what the others do', () => {
  const arm = (phase: RunPhase, step: number) => ({ status: { phase, step, steps: 20, message: '' } });
  const of = (...arms: ReturnType<typeof arm>[]) =>
    statusSentence({ ...initialState, arms, status: arms[0]!.status } as unknown as State);
  expect(of(arm('finished', 20), arm('finished', 20))).toBe('Two runs, finished: step 20 of 20.');
  expect(of(arm('failed', 7), arm('finished', 20), arm('finished', 20))).toBe(
    'Three runs, finished: step 20 of 20; A failed.',
  );
  const place = { path: ['compare'], at: '', own: { 'c.method.id': 'simpo' } };
  expect(statusSentence({ ...initialState, connection: 'ready', place })).toContain(
    'Ready to train three runs',
  );
  expect(of(arm('training', 8), arm('failed', 7))).toBe('Two runs: step 8 of 20; B failed');
});

it('says of what accuracies are shares, and leaves out those of a run that has not begun', () => {
  const arm = (kind: 'pairs' | 'images' | undefined) =>
    ({
      evaluations: [0, 5].map((x) => ({
        x,
        evaluation: { kind, step: x, problems: 4, accuracy: x / 10, metrics: { 'eval_rewards/margins': x } },
      })),
    }) as unknown as ShownArm;
  expect(['pairs', 'images', undefined].map((kind) => countedOf(arm(kind as 'pairs')).counted)).toEqual([
    'ranked right',
    'as asked',
    'solved',
  ]);
  expect(told(arm('pairs')).map(({ x }) => x)).toEqual([5]);
  expect(told(arm(undefined)).map(({ x }) => x)).toEqual([0, 5]);
});

it('takes a pair for the same by prompt, sides and tokens, not by its numbers or its name', () => {
  const side = (
    role: CreditResponse['role'],
    texts: readonly string[],
    policyLogProb = -1,
  ): CreditResponse => ({
    role,
    steps: [],
    reward: 0,
    tokens: texts.map((text) => ({
      ...{ text, step: 0, reward: 0, push: 0, weight: 1 },
      ...{ policyLogProb, referenceLogProb: -1 },
    })),
  });
  const pair = (prompt: string, responses: CreditResponse[], treeId = 'a'): CreditView => ({
    ...{ treeId, method: 'dpo', prompt, responses, loss: 0.5 },
  });
  const [good, bad] = [side('chosen', ['1', '2']), side('rejected', ['1', '3'])];
  const first = pair('3*4=', [good, bad]);
  const others = {
    trained: pair('3*4=', [side('chosen', ['1', '2'], -7), bad], 'b'),
    asked: pair('3*5=', [good, bad]),
    cut: pair('3*4=', [side('chosen', ['12']), bad]),
    turned: pair('3*4=', [side('chosen', ['1', '3']), side('rejected', ['1', '2'])]),
    named: pair('3*4=', [side('response', ['1', '2']), bad]),
    alone: pair('3*4=', [good]),
  };
  expect(sameAsFirst([first, ...Object.values(others)])).toEqual([
    first,
    others.trained,
    ...new Array(5).fill(undefined),
  ]);
});
