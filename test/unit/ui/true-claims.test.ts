import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, type RunDocument } from '../../../src/train/run-document';
import { brokenColumns, figuresOf, measuredOnce } from '../../../src/ui/charts/curves';
import { explainCredit, shade, stepCredit, weighs } from '../../../src/ui/credit/explain';
import { differences, notesOf } from '../../../src/ui/dock/notes';
import { statusSentence } from '../../../src/ui/dock/status-sentence';
import { reduceEvents } from '../../../src/ui/events';
import { fieldNames, withLabels } from '../../../src/ui/setup/field-labels';
import { problemWords } from '../../../src/ui/setup/problem-words';
import { initialState, type State } from '../../../src/ui/state';
import type { CreditToken, CreditView, Measure, RunEvent, RunStatus } from '../../../workers/protocol';

const status = (changes: Partial<RunStatus> = {}): RunStatus => ({
  runId: 'r',
  phase: 'training',
  step: 0,
  steps: 3000,
  stage: { index: 0, count: 2, id: 'guide', label: 'Guide (DPO)' },
  passes: [],
  message: '',
  backend: { name: 'cpu', adapter: '', software: true, features: [], note: '' },
  ...changes,
});
const metrics = (stage: string, step: number, loss: number): RunEvent => ({
  kind: 'metrics',
  stage,
  metrics: { step, loss },
});
const heard = (...events: RunEvent[]): State => ({
  ...initialState,
  connection: 'ready',
  ...reduceEvents(initialState, events),
});
const second = { index: 1, count: 2, id: 'tgdpo', label: 'TGDPO' };

describe('the sentence of the dock', () => {
  it('names a step with the loss of that step, in whatever order the events come', () => {
    const rows = [metrics('guide', 1199, 0.5), metrics('guide', 1200, 0.25)];
    expect(statusSentence(heard(...rows, { kind: 'status', status: status({ step: 1199 }) }))).toBe(
      'step 1,199 of 3,000, loss 0.5; pass 1 of 2, Guide (DPO)',
    );
    expect(statusSentence(heard(...rows, { kind: 'status', status: status({ step: 1201 }) }))).toBe(
      'step 1,201 of 3,000; pass 1 of 2, Guide (DPO)',
    );
    // Another pass begins: the loss on the screen is not its own.
    const next = status({ stage: second });
    expect(statusSentence(heard(...rows, { kind: 'status', status: next }))).toBe(
      'step 0 of 3,000; pass 2 of 2, TGDPO',
    );
  });
});

describe('the curves', () => {
  it('leave out what was measured once, which is told in a table', () => {
    const measure = (id: string, value: number): Measure => ({
      ...{ id, name: id, unit: 'share', better: 'higher', value, interval: [0, 1], count: 4 },
    });
    const evaluated = (step: number, stage: string, measures: Measure[]): RunEvent => ({
      kind: 'evaluation',
      evaluation: {
        ...{ kind: 'answers', step, stage, problems: 4, accuracy: 0.5, interval: [0.2, 0.8] },
        ...{ stepAccuracy: 0.5, meanTokens: 3, measures },
      },
    });
    const { points, evaluations } = heard(
      evaluated(0, 'guide', [measure('each-time', 0.1)]),
      evaluated(2, 'guide', [measure('each-time', 0.1), measure('carried-on', 0.7)]),
      evaluated(4, 'tgdpo', [
        measure('each-time', 0.1),
        measure('carried-on', 0.7),
        measure('at-the-end', 0.3),
      ]),
    );
    expect(measuredOnce(evaluations).map(({ id }) => id)).toEqual(['carried-on', 'at-the-end']);
    const ids = figuresOf(points, evaluations).map(({ id }) => id);
    expect(ids).toContain('measure-each-time');
    expect(ids).not.toContain('measure-carried-on');
    // The first evaluation alone has a dot, as it will have a curve.
    expect(measuredOnce(evaluations.slice(0, 1))).toEqual([]);
  });

  it('break where a pass begins, and lose no row by it', () => {
    const { points, evaluations } = heard(
      ...[1, 2, 3].map((s) => metrics('guide', s, 1 / s)),
      ...[1, 2].map((s) => metrics('tgdpo', s, 2 / s)),
    );
    const loss = figuresOf(points, evaluations).find((f) => f.id === 'loss')!;
    expect(loss.x).toEqual([1, 2, 3, 4, 5]);
    expect(brokenColumns(loss)).toEqual([
      [1, 2, 3, 3, 4, 5],
      [1, 1 / 2, 1 / 3, null, 2, 1],
    ]);
  });
});

describe('the weights of tokens', () => {
  const token = (step: number, weight: number): CreditToken => ({
    text: 'a',
    step,
    policyLogProb: -1,
    referenceLogProb: -1,
    weight,
    reward: 0,
    push: 0.02 * weight,
  });
  const view = (...weights: number[]): CreditView => ({
    treeId: 't',
    prompt: '',
    method: 'tgdpo',
    loss: 1,
    responses: [
      {
        role: 'chosen',
        tokens: [token(-1, 0), ...weights.map((w, i) => token(i < 2 ? 0 : 1, w))],
        steps: [0, 1].map(() => ({ text: '', scored: true, reward: 0, push: 0, correct: undefined })),
        reward: 0,
      },
    ],
  });
  const tgdpo = describeMethod(methods.find((m) => m.id === 'tgdpo')!);

  it('are shown by how far they are from 1, and told with the push; a pass without any says so', () => {
    const weighed = view(1.5, 0.7, 1.2);
    const [response] = weighed.responses;
    expect(weighs(weighed)).toBe(true);
    expect(response!.tokens.map((t) => shade(t, 'weight'))).toEqual([
      0,
      0.5,
      expect.closeTo(-0.3),
      expect.closeTo(0.2),
    ]);
    expect(stepCredit(response!, 0, 'weight')).toBeCloseTo(0.1);
    expect(stepCredit(response!, 1, 'weight')).toBeCloseTo(0.2);
    expect(explainCredit(tgdpo, 'push', weighed)).toContain('Here they lie between 0.7 and 1.5.');
    expect(weighs(view(1, 1, 1))).toBe(false);
    expect(explainCredit(tgdpo, 'push', view(1, 1, 1))).toContain('In this pass all weights are 1.');
  });
});

describe('the names of fields', () => {
  const dpo = methods.find((m) => m.id === 'dpo')!;
  const document = defaultRun(dpo);
  const names = fieldNames({ document, methods: methods.map(describeMethod), models: [] });

  it('take the place of paths in what the engine says', () => {
    expect(withLabels('Lower the rate, or clip gradients with optimizer.maxGradNorm.', names)).toBe(
      'Lower the rate, or clip gradients with “Largest gradient norm”.',
    );
    expect(withLabels('batchSize: is too large; raise data.trees of file.name', names)).toBe(
      '“Batch size”: is too large; raise “Pairs to make” of file.name',
    );
    const share = names.get('data.dataset.settings.heldOut')!;
    expect(problemWords({ field: '', message: 'is too large; use at most 0.9', value: 2 }, share)).toBe(
      'is 200, which is too large; use at most 90',
    );
    expect(problemWords({ field: '', message: 'is too small; use at least 1e-12', value: 0 })).toBe(
      'is 0, which is too small; use at least 0.000000000001',
    );
  });

  it('tell two documents apart by the fields that differ', () => {
    expect(differences(document, structuredClone(document))).toEqual([]);
    const other = {
      ...document,
      steps: 7,
      optimizer: { ...document.optimizer, beta1: 0.8 },
      adapter: { rank: 8, targetModules: ['a'] },
    };
    expect(differences(document, other).sort()).toEqual(['adapter', 'optimizer.beta1', 'steps']);
  });

  it('tell of another method, and not of the parameters that go with it', () => {
    const other = {
      ...document,
      method: { id: 'other', params: { mine: 1 } },
      optimizer: { ...document.optimizer, beta1: 0.8 },
    };
    const told = (changed: RunDocument) =>
      notesOf(
        { ...heard({ kind: 'status', status: status() }), runDocument: document, document: changed },
        new Map(),
        '',
      ).find(({ id }) => id === 'changed-settings')?.text;
    expect(told(other)).toMatch(/^method\.id and optimizer\.beta1: changed/);
    const params = { ...document.method.params, beta: 0.7 };
    expect(told({ ...document, method: { ...document.method, params } })).toMatch(/^method\.params\.beta:/);
  });
});
