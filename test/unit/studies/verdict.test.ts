import { describe, expect, it } from 'vitest';
import { baseOf, onBases } from '../../../src/studies/core/bases';
import { besideFirst, type Found, markOf } from '../../../src/studies/core/mark';
import {
  currentEdition,
  newEdition,
  outcomeOf,
  type StoredRun,
  type StoredStudy,
} from '../../../src/studies/core/stored';
import type { Study } from '../../../src/studies/core/study';
import { verdictOf } from '../../../src/studies/core/verdict';
import { outcomeInWords, rangeInWords } from '../../../src/studies/core/words';

const study: Study = {
  id: 'made-up',
  name: 'Made up',
  methods: ['dpo'],
  paper: { title: 'Made up', year: 2000, arxiv: '0000.00000' },
  claim: 'One beats the other.',
  place: 'nowhere',
  on: { lab: 'momentum', set: {} },
  arms: [
    { id: 'one', label: 'One', set: {}, reads: { score: 'a', other: 'b' } },
    { id: 'two', label: 'Two', set: {}, reads: { score: 'a', other: 'b' } },
  ],
  measure: { id: 'score', name: 'score', unit: 'points', times: 100 },
  direction: 'more',
  interest: 2,
  seeds: [1, 2, 3],
  also: [{ id: 'other', name: 'other', unit: 's', digits: 2 }],
  says: 'Made up.',
  price: 1,
  doubt: { title: 'All of it', text: 'is made up.' },
};

const run = (arm: string, seed: number, score: number, other = 0): StoredRun => ({
  arm,
  seed,
  key: `${arm}${seed}`,
  numbers: { score, other },
  seconds: 2,
  device: 'paper',
  at: `2026-01-0${seed}T00:00:00`,
});

const three = { direction: 'more', seeds: [1, 2, 3] } as const;

describe('a verdict', () => {
  it('is Student’s interval of the differences, to be checked by hand', () => {
    // mean 5, standard deviation 1, half width 4.30265 / sqrt 3
    const { effect, interval, seen, id } = verdictOf(three, [4, 5, 6]);
    expect(effect).toBe(5);
    expect(interval![0]).toBeCloseTo(5 - 4.30265 / Math.sqrt(3), 4);
    expect(interval![1]).toBeCloseTo(5 + 4.30265 / Math.sqrt(3), 4);
    expect(seen).toBeCloseTo(4.30265 / Math.sqrt(3), 4);
    expect(id).toBe('shown');
  });

  it.each([
    ['more', [4, 5, 6], 'shown', true],
    ['less', [4, 5, 6], 'opposite', false],
    ['less', [-4, -5, -6], 'shown', true],
    ['more', [-4, -5, -6], 'opposite', false],
    ['more', [-1, 5, 6], 'not-shown', true],
    ['more', [0, 0, 0], 'not-shown', false],
    ['more', [1, 1, 1], 'shown', true],
  ] as const)('%s of %j is %s', (direction, differences, id, agrees) => {
    expect(verdictOf({ direction, seeds: [1, 2, 3] }, differences)).toMatchObject({ id, agrees });
  });

  it('waits for all seeds, and for three where something is random', () => {
    expect(verdictOf(three, [4, undefined, 6])).toMatchObject({ id: 'not-run', effect: undefined });
    expect(verdictOf(three, [4, Number.NaN, 6]).id).toBe('not-run');
    expect(verdictOf({ direction: 'more', seeds: [1, 2] }, [4, 5]).id).toBe('not-run');
    expect(verdictOf({ direction: 'more', seeds: [] }, []).id).toBe('not-run');
  });

  it('has a number and no interval where nothing is random', () => {
    const exact = { direction: 'less', exact: true, seeds: [1] } as const;
    expect(verdictOf(exact, [-2])).toMatchObject({
      id: 'exact',
      effect: -2,
      interval: undefined,
      agrees: true,
    });
    expect(verdictOf(exact, [2])).toMatchObject({ id: 'exact', agrees: false });
    expect(verdictOf(exact, [undefined]).id).toBe('not-run');
  });
});

describe('what is stored', () => {
  const runs = [1, 2, 3].flatMap((seed) => [run('one', seed, 0.5 + seed / 100, 2), run('two', seed, 0.4, 1)]);

  it('gives the outcome in the measure’s unit, with what was measured beside it', () => {
    const outcome = outcomeOf(study, runs);
    expect(outcome).toMatchObject({ id: 'shown', done: 3, seconds: 4, failed: [] });
    expect(outcome.effect).toBeCloseTo(12, 9);
    expect(outcome.also).toMatchObject([{ effect: 1, interval: [1, 1] }]);
    expect(outcomeInWords(study, outcome)).toBe(
      'Shown: +12.0 points (+9.5 to +14.5); an effect of 2.5 points or more would have been seen',
    );
  });

  it('makes no verdict of half of it, and counts no further seed', () => {
    expect(outcomeOf(study, runs.slice(0, 5))).toMatchObject({ id: 'not-run', done: 2 });
    const further = [...runs, run('one', 4, 0), run('two', 4, 1)];
    expect(outcomeOf(study, further).effect).toBeCloseTo(12, 9);
  });

  it('names a run that failed', () => {
    const failed = runs.map((r) =>
      r.arm === 'two' && r.seed === 2 ? { ...r, numbers: {}, failed: 'It diverged.' } : r,
    );
    expect(outcomeOf(study, failed)).toMatchObject({
      id: 'not-run',
      done: 2,
      failed: ['two, seed 2: It diverged.'],
    });
  });

  it('says what would have been seen, and whether that would matter', () => {
    const with_ = (one: number[]) =>
      outcomeInWords(
        study,
        outcomeOf(
          study,
          [1, 2, 3].flatMap((seed, i) => [run('one', seed, one[i]!), run('two', seed, 0)]),
        ),
      );
    expect(with_([-0.01, 0.01, 0.03])).toMatch(
      /Not shown: \+1\.0 points \(−4\.0 to \+6\.0\); an effect of 5\.0 points or more would have been seen; one of 2\.0 points would matter/,
    );
    expect(with_([-0.001, 0.001, 0.003])).toMatch(
      /whatever there is, it is smaller than the 2\.0 points that/,
    );
    expect(with_([0.009, 0.01, 0.011])).toMatch(/^Shown: .*; there, and smaller than the 2\.0 points that/);
  });

  it('writes no end of an interval as zero that is none', () => {
    expect(rangeInWords([-1.23, -0.03])).toBe('−1.23 to −0.03');
    expect(rangeInWords([-1.2, 0])).toBe('−1.2 to 0.0');
    expect(rangeInWords([0.004, 2.5])).toBe('+0.004 to +2.500');
    expect(rangeInWords([-0.5, 0.5], 2)).toBe('−0.50 to +0.50');
  });

  it('speaks for the wording and the settings that it was found with, and is struck through for others', () => {
    const settings = { one: { rate: 1 }, two: { rate: 2 } };
    const stored: StoredStudy = {
      study: 'made-up',
      editions: [{ ...newEdition(study, { settings }), runs }],
    };
    const today = (more: object) => () => ({ settings: { ...settings, ...more } });
    expect(markOf(study, stored, today({}))).toMatchObject({
      verdict: 'shown',
      done: 3,
      at: '2026-01-03T00:00:00',
    });
    // Words around it may change; what the verdict rests on may not.
    expect(currentEdition({ ...study, says: 'Otherwise.', price: 7 }, stored)).toBe(stored.editions[0]);
    const changes: Partial<Study>[] = [
      { claim: 'One beats it by far.' },
      { direction: 'less' },
      { interest: 3 },
      { seeds: [1, 2, 3, 4] },
      { on: { lab: 'momentum', set: { alpha: 0.5 } } },
      { arms: [study.arms[0], { ...study.arms[1], set: { alpha: 0.1 } }] },
      { measure: { ...study.measure, id: 'other' } },
    ];
    for (const change of changes) {
      const mark = markOf({ ...study, ...change }, stored, today({}));
      expect(mark, JSON.stringify(change)).toMatchObject({
        verdict: 'not-run',
        done: 0,
        earlier: [{ verdict: 'shown', claim: study.claim, at: '2026-01-03T00:00:00' }],
      });
    }
    expect(markOf(study, stored, today({ two: { rate: 3 } }))).toMatchObject({
      verdict: 'not-run',
      earlier: [{ verdict: 'shown' }],
    });
    // A field that came later and is empty is no change.
    expect(markOf(study, stored, today({ two: { rate: 2, later: null, more: {} } })).verdict).toBe('shown');
  });

  it('has an edition of its own for each base model, and none for other weights of the same name', () => {
    const trained: Study = { ...study, on: { model: 'a', set: {} }, bases: [{ model: 'b', set: {} }] };
    const [onA, onB] = onBases(trained);
    const settings = (model: string) => ({ one: { model }, two: { model } });
    const today = (sha: Record<string, string>) => (each: Study) => {
      const id = baseOf(each)!;
      return { settings: settings(id), model: { id, sha256: sha[id]! } };
    };
    const now = today({ a: '1', b: '2' });
    const less = runs.map((r) => ({ ...r, numbers: { score: -r.numbers['score']!, other: 0 } }));
    const stored: StoredStudy = {
      study: 'made-up',
      editions: [
        { ...newEdition(onB!, now(onB!)), runs: less },
        { ...newEdition(onA, now(onA)), runs },
      ],
    };
    const found = markOf(trained, stored, now);
    expect(found).toMatchObject({ verdict: 'shown', bases: [{ model: 'b', verdict: 'opposite', done: 3 }] });
    expect(found.earlier).toBeUndefined();
    const retrained = markOf(trained, stored, today({ a: '9', b: '2' }));
    expect(retrained).toMatchObject({
      verdict: 'not-run',
      bases: [{ verdict: 'opposite' }],
      earlier: [{ verdict: 'shown' }],
    });
  });

  it.each([
    ['shown', [1, 3], 'shown', [1, 9], 'the same'],
    ['shown', [1, 3], 'not-shown', [-1, 2], 'overlapping'],
    ['shown', [1, 3], 'opposite', [-4, -1], 'apart'],
    ['shown', [1, 3], 'not-run', undefined, undefined],
  ] as const)('%s %j beside %s %j is %s', (first, a, other, b, how) => {
    const one = (verdict: Found['verdict'], interval?: readonly [number, number]) =>
      ({ verdict, ...(interval && { interval }) }) as Found;
    expect(besideFirst(one(first, a), one(other, b))).toBe(how);
  });
});
