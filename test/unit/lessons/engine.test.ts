import { describe, expect, it } from 'vitest';
import type { LabResult } from '../../../src/lab/lab';
import { judged, type Live, partsOf, type RunSpec, type Step } from '../../../src/lessons/lesson';
import { netPushes, pushShares, sharedTokens } from '../../../src/lessons/push';
import { whyChosenFall } from '../../../src/lessons/why-chosen-fall';
import type { RunDocument } from '../../../src/train/run-document';
import { armNames } from '../../../src/ui/compare/arm-names';
import { cutShort } from '../../../src/ui/lessons/brief';
import { addressOf, documentsOf, keyOf } from '../../../src/ui/lessons/documents';
import { liveOfLesson, noLive } from '../../../src/ui/lessons/live-of';
import { labKey, labsWith, noProgress } from '../../../src/ui/lessons/progress';
import { firstSentence, plain } from '../../../src/ui/lessons/rich';
import { initialState, type State } from '../../../src/ui/state';
import type { RunSummary } from '../../../workers/protocol';
import { catalogue } from '../../support/made-live';
import { madeCredit } from '../../support/made-looks';

const run = (name: string) => {
  for (const { run } of whyChosenFall.steps) if (typeof run === 'object' && run.name === name) return run;
  throw new Error(name);
};

describe('documents of a lesson', () => {
  it('are the lesson’s with what a run has of its own; an arm has its letter’s', () => {
    const [document] = documentsOf(whyChosenFall, run('fast') as never, 3, catalogue, 'wasm');
    expect(document).toMatchObject({
      method: { id: 'dpo' },
      steps: 80,
      seed: 3,
      backend: 'wasm',
      optimizer: { learningRate: 0.0003 },
    });
    const step = whyChosenFall.steps.find(({ run }) => typeof run === 'function')!;
    const race = (step.run as (given: string, live: Live) => never)('beta', noLive);
    const arms = documentsOf(whyChosenFall, race, 1, catalogue, 'auto');
    expect(arms.map(({ method }) => method.params['beta'])).toEqual([0.1, 1]);
    expect(armNames(arms, () => 'DPO')).toEqual(['DPO, beta 0.1', 'DPO, beta 1']);
    expect(addressOf(whyChosenFall, race, 2)).toMatch(/^#\/compare\?.*seed=2.*b\.method\.params\.beta=1/);
  });

  it('have one name where they are equal, and another where they are not', () => {
    const of = (seed: number) => documentsOf(whyChosenFall, run('fast') as never, seed, catalogue, 'wasm');
    expect(keyOf(of(1))).toBe(keyOf(of(1)));
    expect(keyOf(of(1))).not.toBe(keyOf(of(2)));
  });
});

describe('what there is of a lesson’s runs', () => {
  const [document] = documentsOf(whyChosenFall, run('fast') as never, 1, catalogue, 'auto');
  const stored = (phase: RunSummary['phase']): RunSummary => ({
    runId: 'r1',
    document: document!,
    created: 0,
    updated: 0,
    step: 80,
    stage: 0,
    phase,
    metrics: [{ stage: 'dpo', metrics: { step: 1, loss: 0.5 } }],
    evaluations: [],
  });
  const state = (changes: Partial<State>): State => ({ ...initialState, methods: catalogue, ...changes });

  it('is found by its document: a stored run that has ended, one under way apart', () => {
    const { live, stands } = liveOfLesson(
      state({ runs: [stored('finished')] }),
      whyChosenFall,
      1,
      noProgress(),
    );
    expect(live.runs['fast']?.[0]?.points).toHaveLength(1);
    expect(live.runs['careful']).toBeUndefined();
    expect(stands.get('fast')).toMatchObject({ ended: true, runId: 'r1', missing: [] });
    const paused = liveOfLesson(state({ runs: [stored('paused')] }), whyChosenFall, 1, noProgress());
    expect(paused.live.runs['fast']).toBeUndefined();
    expect(paused.growing['fast']).toHaveLength(1);
    // Another seed is another run.
    expect(
      liveOfLesson(state({ runs: [stored('finished')] }), whyChosenFall, 2, noProgress()).live.runs,
    ).toEqual({});
  });

  it('has what was looked at, once it was', () => {
    const looking = { ...whyChosenFall, steps: whyChosenFall.steps.map((step) => ({ ...step })) };
    for (const step of looking.steps)
      if (typeof step.run === 'object' && step.run.name === 'fast')
        step.run = { ...(step.run as RunSpec), looks: { who: async () => null } };
    const there = state({ runs: [stored('finished')] });
    expect(liveOfLesson(there, looking, 1, noProgress()).stands.get('fast')!.missing).toEqual(['who']);
    const seen = liveOfLesson(there, looking, 1, { ...noProgress(), looks: { r1: { who: null } } });
    expect(seen.stands.get('fast')!.missing).toEqual([]);
    expect(seen.live.looks['fast']).toEqual({ who: null });
  });
});

describe('a lesson that is cut short', () => {
  it('has short runs of its own, so that neither they nor the whole ones are taken for the other', () => {
    const [whole] = documentsOf(whyChosenFall, run('fast') as never, 1, catalogue, 'auto');
    const short = cutShort(whole!, 3);
    expect(short).toMatchObject({
      steps: 3,
      batchSize: 16,
      data: { trees: 24 },
      evaluation: { every: 2, problems: 24 },
      optimizer: whole!.optimizer,
    });
    expect(keyOf([short])).not.toBe(keyOf([whole!]));
    const there = (document: RunDocument, view: State['view']) => {
      const stored = { runId: 'r', document, created: 0, updated: 0, step: 3, stage: 0, phase: 'finished' };
      const runs = [{ ...stored, metrics: [], evaluations: [] } as RunSummary];
      const state = { ...initialState, methods: catalogue, runs, view };
      return Object.keys(liveOfLesson(state, whyChosenFall, 1, noProgress()).live.runs);
    };
    expect(there(short, { brief: '3' })).toEqual(['fast']);
    expect(there(short, {})).toEqual([]);
    expect(there(short, { brief: '4' })).toEqual([]);
    expect(there(whole!, { brief: '3' })).toEqual([]);
    expect(there(whole!, { brief: 'short' })).toEqual(['fast']);
  });

  it('leaves what is shorter as it is', () => {
    const [whole] = documentsOf(whyChosenFall, run('fast') as never, 1, catalogue, 'auto');
    const tiny = { ...whole!, steps: 1, evaluation: { every: 0, problems: 0 } };
    expect(cutShort(tiny, 500)).toEqual({ ...tiny, data: { ...tiny.data, trees: 24 } });
  });
});

it('an experiment is that of its seed', () => {
  const result = { numbers: {}, figures: [] } as unknown as LabResult;
  const progress = { ...noProgress(), labs: { [labKey('duel', 2)]: result, duel: result } };
  expect(labsWith(progress, 2)).toEqual({ duel: result });
  expect(labsWith(progress, 1)).toEqual({});
});

describe('push', () => {
  it('cancels where both answers have the same tokens', () => {
    const view = madeCredit(0.05);
    expect(sharedTokens(view)).toBe(4);
    const net = netPushes(view);
    expect(net.responses[1]!.tokens.map(({ push }) => push)).toEqual([0, 0, 0, 0, -0.05, -0.05]);
    expect(net.responses[0]!.steps.map(({ push }) => push)).toEqual([0, 0.1]);
    const shares = pushShares([view])!;
    expect(shares.pairs).toBe(1);
    // Four of six tokens cancel; the last two are the mistake. The first three, and no others, are a right line.
    expect(shares.cancelled).toBeCloseTo(4 / 6);
    expect(shares.wrong).toBeCloseTo(2 / 6);
    expect(shares.rightAfter).toBe(0);
    expect(shares.right).toBeCloseTo(3 / 6);
    expect(pushShares([madeCredit(0)])).toBeUndefined();
    expect(pushShares([])).toBeUndefined();
  });
});

it('a number is right when it is near, a choice when it is the one, and nothing where nothing decides', () => {
  const step = (ask: Step['ask']): Step => ({ title: '', teaser: '', say: '', ask, reply: () => '' });
  const number = step({ kind: 'number', unit: '%', near: 5, truth: () => 50 });
  expect([judged(number, noLive, 46), judged(number, noLive, 44), judged(number, noLive, undefined)]).toEqual(
    [true, false, undefined],
  );
  const choice = step({ kind: 'choice', options: [], truth: () => 'b' });
  expect([judged(choice, noLive, 'b'), judged(choice, noLive, 'a')]).toEqual([true, false]);
  expect(judged(step({ kind: 'choice', options: [], truth: () => undefined }), noLive, 'a')).toBeUndefined();
  const match = step({ kind: 'match', items: ['x', 'y'], options: [], truth: () => 'a,b' });
  expect([judged(match, noLive, 'a,b'), judged(match, noLive, 'b,b')]).toEqual([true, false]);
  expect(partsOf(match.ask!, 'a')).toEqual(['a', '']);
});

it('texts lose their marks and keep their words', () => {
  expect(plain('*So* `24*8=192`, {+0.1} and [there](#/methods/dpo).')).toBe('So 24*8=192, +0.1 and there.');
  expect(firstSentence('Solved: {54.0 %} before. More.')).toBe('Solved: {54.0 %} before.');
});
