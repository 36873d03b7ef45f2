import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun } from '../../../src/train/run-document';
import { csvOf, gather } from '../../../src/ui/class/gather';
import { handInOf, keptAnswers, readHandIn } from '../../../src/ui/class/hand-in';
import { linksOf, partLink, unknownIn } from '../../../src/ui/class/links';
import { asksName, wishedSeed } from '../../../src/ui/view-wishes';
import type { Evaluation, RunSummary } from '../../../workers/protocol';

const catalogue = methods.map(describeMethod);

const evaluation = (step: number, solved: string): Evaluation => ({
  step,
  stage: 'dpo',
  problems: solved.length,
  accuracy: [...solved].filter((bit) => bit === '1').length / solved.length,
  interval: [0, 1],
  stepAccuracy: 0,
  meanTokens: 0,
  solved,
});

const run = (
  seed: number,
  id: string,
  before: string,
  now: string,
  phase: RunSummary['phase'] = 'finished',
) =>
  ({
    runId: `${seed}${id}${now}`,
    document: {
      ...defaultRun(catalogue.find((method) => method.id === id)!),
      seed,
      backend: 'wasm',
      steps: 7,
    },
    evaluations: [evaluation(0, before), evaluation(7, now)],
    step: 7,
    phase,
  }) as unknown as RunSummary;

describe('handing in', () => {
  it('is small, has no name in it, and the newest run of each document alone', () => {
    const runs = [
      run(5, 'dpo', '1100', '1110'),
      run(5, 'dpo', '1100', '0000'),
      run(5, 'ipo', '1100', '1011'),
      run(5, 'simpo', '1100', '1111', 'paused'),
      run(6, 'dpo', '1100', '1111'),
    ];
    const file = handInOf(5, runs, catalogue, { 'why-chosen-fall': { 1: 'falls', 3: 12 } });
    expect(file.runs).toEqual([
      {
        fields: 'method.id=dpo&steps=7',
        method: 'dpo',
        steps: 7,
        before: 0.5,
        now: 0.75,
        mended: 1,
        broken: 0,
      },
      {
        fields: 'method.id=ipo&steps=7',
        method: 'ipo',
        steps: 7,
        before: 0.5,
        now: 0.75,
        mended: 2,
        broken: 1,
      },
    ]);
    const text = JSON.stringify(file);
    expect(text.length).toBeLessThan(1024);
    expect(readHandIn('a.json', text)).toEqual(file);
  });

  it('takes the answers that lessons have kept, and nothing else', () => {
    const kept = new Map([
      ['marginalia-lesson-a', '{"version":1,"at":2,"given":{"1":"falls","2":3,"4":{"x":1}}}'],
      ['marginalia-lesson-b', '{"version":1,"given":{}}'],
      ['marginalia-lesson-c', '{'],
      ['marginalia.clicks.arith-nano', '{"given":{"1":"x"}}'],
    ]);
    const storage = {
      length: kept.size,
      key: (i: number) => [...kept.keys()][i]!,
      getItem: (k: string) => kept.get(k)!,
    };
    expect(keptAnswers(storage)).toEqual({ a: { 1: 'falls', 2: 3 } });
  });

  it('says of a file what is wrong with it, by its name', () => {
    const wrong = (text: string) => () => readHandIn('x.json', text);
    expect(wrong('{')).toThrow('x.json: is not JSON');
    expect(wrong('[]')).toThrow('x.json: was not saved by');
    expect(wrong('{"marginalia":"hand-in","version":2}')).toThrow('version 2');
    expect(
      wrong(
        '{"marginalia":"hand-in","version":1,"seed":1,"runs":[{"fields":"a","method":"b","now":7}],"answers":{}}',
      ),
    ).toThrow('run 1');
  });
});

describe('a class', () => {
  const file = (seed: number, now: string, answer: string) =>
    handInOf(seed, [run(seed, 'dpo', '11000', now)], catalogue, { lesson: { 2: answer } });

  it('is dots with an interval, answers counted, and who came twice counts once', () => {
    const together = gather([
      file(1, '11100', 'falls'),
      file(2, '11110', 'falls'),
      file(3, '10000', 'rises'),
      file(3, '11000', 'rises'),
    ]);
    expect(together.pupils).toBe(3);
    expect(together.twice).toEqual([3]);
    const [dpo] = together.runs;
    expect(dpo!.dots.map(({ seed, now }) => [seed, now])).toEqual([
      [3, 0.4],
      [1, 0.6],
      [2, 0.8],
    ]);
    // Gains 0, 0.2, 0.4: mean 0.2, t of two degrees of freedom 4.30265, standard error 0.2 / sqrt 3.
    expect(dpo!.gain!.mean).toBeCloseTo(0.2, 10);
    expect(dpo!.gain!.interval![0]).toBeCloseTo(0.2 - (4.30265 * 0.2) / Math.sqrt(3), 4);
    expect(together.questions).toEqual([
      {
        lesson: 'lesson',
        step: '2',
        answers: [
          { given: 'falls', count: 2 },
          { given: 'rises', count: 1 },
        ],
      },
    ]);
    expect(csvOf(together).split('\n')).toHaveLength(4);
    expect(gather([])).toMatchObject({ pupils: 0, runs: [], questions: [] });
  });
});

describe('links', () => {
  it('are two, and lead back to what they were made of', () => {
    const wishes = { page: 'lab/loss', hide: ['nav', 'dock'], lock: ['steps'], seed: true };
    const { pupils, colleagues } = linksOf('https://x.org/', wishes, 'steps=9');
    expect(pupils).toBe('https://x.org/#/lab/loss?view.hide=nav,dock&view.lock=steps&view.seed=name&steps=9');
    expect(colleagues).toBe('https://x.org/#/lab/loss?steps=9');
    expect(partLink(pupils)).toEqual({
      page: 'lab/loss',
      view: { hide: 'nav,dock', lock: 'steps', seed: 'name' },
    });
  });

  it('give a lesson a seed of its own, pupils and colleagues the same', () => {
    const { pupils, colleagues } = linksOf(
      '',
      { page: 'lessons/turns', hide: ['dock'], lock: [], seed: 7 },
      '',
    );
    expect([pupils, colleagues]).toEqual([
      '#/lessons/turns?view.hide=dock&view.seed=7',
      '#/lessons/turns?view.seed=7',
    ]);
    const { page, view } = partLink(pupils);
    expect([wishedSeed(view), asksName(view), unknownIn(page, view, [])]).toEqual([7, false, []]);
    expect(unknownIn('compare', view, []).map(({ where, name }) => [where, name])).toEqual([
      ['view.seed', '7'],
    ]);
    expect(unknownIn('lessons/turns', { brief: '3' }, [])).toEqual([]);
    for (const [page, brief] of [
      ['lessons/turns', 'short'],
      ['compare', '3'],
    ] as const)
      expect(unknownIn(page, { brief }, []).map(({ where, name }) => [where, name])).toEqual([
        ['view.brief', brief],
      ]);
    expect([wishedSeed({ seed: 'name' }), asksName({ seed: 'name' }), asksName({})]).toEqual([
      undefined,
      true,
      false,
    ]);
  });

  it('name what they ask for in vain, with the nearest that there is', () => {
    const { page, view } = partLink('#/lap/loss?view.hide=nav,dok&view.lock=stepz&view.colour=red');
    expect(
      unknownIn(page, view, ['steps', 'seed']).map(({ where, name, near }) => [where, name, near]),
    ).toEqual([
      ['page', 'lap', 'lab'],
      ['view', 'colour', undefined],
      ['view.hide', 'dok', 'dock'],
      ['view.lock', 'stepz', 'steps'],
    ]);
  });

  it('know what is shown first on the pages that show it', () => {
    const view = { pair: '3', measure: 'loss', step: '20' };
    const names = (page: string) => unknownIn(page, view, []).map(({ where }) => where);
    expect(names('')).toEqual([]);
    expect(names('compare')).toEqual(['view.measure', 'view.step']);
    // A method's page has fields of its own for these.
    expect(names('methods/dpo')).toEqual(['view.pair', 'view.measure', 'view.step']);
  });
});
