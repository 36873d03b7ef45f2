import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunner } from '../../../scripts/study/runner.mjs';
import { openStudyStore } from '../../../scripts/study/store.mjs';
import { wantedStudies } from '../../../scripts/study/wanted.mjs';
import * as bases from '../../../src/studies/core/bases';
import * as documents from '../../../src/studies/core/documents';
import * as mark from '../../../src/studies/core/mark';
import * as plan from '../../../src/studies/core/plan';
import * as stored from '../../../src/studies/core/stored';
import type { Study } from '../../../src/studies/core/study';

const study: Study = {
  id: 'made-up',
  name: 'Made up',
  methods: [],
  paper: { title: 'Made up', year: 2000, arxiv: '0000.00000' },
  claim: 'One beats the other.',
  place: 'nowhere',
  on: { lab: 'a-lab', set: { steps: 3 } },
  arms: [
    { id: 'one', label: 'One', set: { rate: 2 }, reads: { score: 'a' } },
    { id: 'two', label: 'Two', set: { rate: 1 }, reads: { score: 'a' } },
  ],
  measure: { id: 'score', name: 'score', unit: 'points' },
  direction: 'more',
  interest: 1,
  seeds: [1, 2, 3],
  chosen: { seeds: [101], by: 'score', tried: { one: [{ rate: 1 }, { rate: 2 }], two: [{ rate: 1 }] } },
  says: 'Made up.',
  price: 1,
  doubt: { title: 'All', text: 'is made up.' },
};

/** An engine whose score is rate * 10 + seed, and that can break off. */
const engineOf = (studies: Study[], breakAt = Number.POSITIVE_INFINITY) => {
  const ran: string[] = [];
  return {
    ran,
    studies,
    core: { ...bases, ...documents, ...mark, ...plan, ...stored },
    today: (of: Study) => plan.todayOf(of, []),
    tasks: (of: Study, seed: number) => plan.planOf(of, [seed], [], () => ''),
    trials: (of: Study) => plan.trialsOf(of, [], () => ''),
    run: async (task: plan.Task) => {
      if (ran.length >= breakAt) throw new Error('The power is gone.');
      ran.push(`${task.arm.id}${task.seed}`);
      const rate = 'params' in task ? Number(task.params['rate']) : 0;
      const run = { key: task.key, seconds: 1, device: 'paper', at: '2026-01-01T00:00:00' };
      return rate === 99
        ? { ...run, numbers: {}, failed: 'It diverged.' }
        : { ...run, numbers: { score: rate * 10 + task.seed } };
    },
  };
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'studies-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const seedsOf = ({ seeds }: Study) => seeds;
const runnerOf = (engine: ReturnType<typeof engineOf>) =>
  createRunner(openStudyStore(folder), engine, () => {});
const file = () => JSON.parse(readFileSync(join(folder, 'made-up.json'), 'utf8')) as stored.StoredStudy;

describe('npm run study', () => {
  it('goes on where it broke off, and runs nothing twice', async () => {
    const first = engineOf([study], 3);
    await expect(runnerOf(first).run([study], seedsOf)).rejects.toThrow('power');
    expect(first.ran).toEqual(['one1', 'two1', 'one2']);
    const second = engineOf([study]);
    await runnerOf(second).run([study], seedsOf);
    expect(second.ran).toEqual(['two2', 'one3', 'two3']);
    expect(runnerOf(second).outcome(study)).toMatchObject({ id: 'shown', effect: 10, done: 3 });
    const third = engineOf([study]);
    await runnerOf(third).run([study], seedsOf);
    expect(third.ran).toEqual([]);
    runnerOf(third).writeIndex();
    expect(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))).toMatchObject([
      { id: 'made-up', verdict: 'shown', effect: 10, done: 3 },
    ]);
  });

  it('keeps what an earlier wording found, and begins the new one', async () => {
    await runnerOf(engineOf([study])).run([study], seedsOf);
    const changed = { ...study, claim: 'One beats it by far.' };
    const engine = engineOf([changed]);
    await runnerOf(engine).run([changed], seedsOf);
    expect(engine.ran).toHaveLength(6);
    expect(file().editions.map(({ as }) => as.claim)).toEqual([changed.claim, study.claim]);
    const other: Study = { ...changed, on: { lab: 'a-lab', set: { steps: 4 } } };
    await runnerOf(engineOf([other], 1))
      .run([other], seedsOf)
      .catch(() => {});
    expect(file().editions.map(({ runs }) => runs.length)).toEqual([1, 6, 6]);
    expect(mark.markOf(other, file()).earlier).toHaveLength(2);
    // And back again: what was found for this wording is there.
    const back = engineOf([study]);
    await runnerOf(back).run([study], seedsOf);
    expect(back.ran).toEqual([]);
  });

  it('names a failed run and tries it again', async () => {
    const bad: Study = { ...study, arms: [{ ...study.arms[0], set: { rate: 99 } }, study.arms[1]] };
    const engine = engineOf([bad]);
    await runnerOf(engine).run([bad], seedsOf);
    expect(runnerOf(engine).outcome(bad)).toMatchObject({ id: 'not-run', done: 0 });
    expect(runnerOf(engine).outcome(bad).failed).toContain('one, seed 2: It diverged.');
    const again = engineOf([bad]);
    await runnerOf(again).run([bad], seedsOf);
    expect(again.ran).toEqual(['one1', 'one2', 'one3']);
  });

  it('tries settings on their own seeds, and forgets those that are no longer tried', async () => {
    const engine = engineOf([study]);
    const runner = runnerOf(engine);
    await runner.choose([study]);
    expect(engine.ran).toEqual(['one101', 'one101', 'two101']);
    expect(plan.trialMeans(study, 'one', file().trials!)).toEqual([111, 121]);
    expect(runner.chosen(study)).toEqual([
      'made-up, one: 111.0 {"rate":1}',
      'made-up, one: 121.0 {"rate":2}',
      'made-up, two: 111.0 {"rate":1}',
    ]);
    const fewer: Study = { ...study, chosen: { ...study.chosen!, tried: { one: [{ rate: 3 }], two: [] } } };
    await runnerOf(engineOf([fewer])).choose([fewer]);
    expect(file().trials!.map(({ arm, setting, numbers }) => [arm, setting, numbers['score']])).toEqual([
      ['one', 0, 131],
    ]);
    expect(file().editions).toEqual([]);
  });

  it('spares the other seeds what is far behind on the first', async () => {
    const { chosen } = study;
    const sparing: Study = {
      ...study,
      chosen: {
        ...chosen!,
        seeds: [101, 102],
        farBehind: 5,
        tried: { one: [{ rate: 1 }, { rate: 2 }], two: [] },
      },
    };
    const engine = engineOf([sparing]);
    await runnerOf(engine).choose([sparing]);
    expect(engine.ran).toEqual(['one101', 'one101', 'one102']);
    expect(plan.trialMeans(sparing, 'one', file().trials!)).toEqual([undefined, 121.5]);
    expect(plan.isFarBehind(sparing, 'one', 0, file().trials!)).toBe(true);
    expect(plan.isFarBehind(sparing, 'one', 1, file().trials!)).toBe(false);
  });

  it('keeps what was tried on each base model apart, and nothing that was tried on earlier weights', async () => {
    const trained: Study = {
      ...study,
      on: { model: 'a', set: {} },
      bases: [{ model: 'b', set: { one: { rate: 1 } } }],
    };
    const weights: Record<string, string> = { a: '1', b: '2' };
    const shaOf = (of: Study) => weights[bases.baseOf(of) ?? '']!;
    const asLab = (of: Study): Study => ({
      ...of,
      on: { lab: `${bases.baseOf(of)}`, set: { w: shaOf(of) } },
    });
    const engine = {
      ...engineOf([trained]),
      today: (of: Study) => ({ settings: {}, model: { id: '', sha256: shaOf(of) } }),
      trials: (of: Study) => plan.trialsOf(asLab(of), [], () => ''),
    };
    const both = bases.onBases(trained);
    expect(both.map(({ arms }) => arms[0].set['rate'])).toEqual([2, 1]);
    await runnerOf(engine).choose(both);
    const tried = () => file().trials!.map(({ base, model, seed }) => [base, model, seed]);
    const [onA, onB] = [
      [undefined, '1', 101],
      ['b', '2', 101],
    ];
    expect(tried()).toEqual([onA, onA, onA, onB, onB, onB]);
    expect(stored.trialsOn(both[1]!, file())).toHaveLength(3);
    weights['b'] = '3';
    const fewer: Study = {
      ...trained,
      chosen: { ...trained.chosen!, tried: { one: [{ rate: 1 }], two: [] } },
    };
    await runnerOf(engine).choose(bases.onBases(fewer).slice(1));
    expect(tried()).toEqual([onA, onA, onA, ['b', '3', 101]]);
  });

  it('names a file that cannot be read', () => {
    writeFileSync(join(folder, 'made-up.json'), '{');
    expect(() => openStudyStore(folder).read('made-up')).toThrow(/made-up\.json: is not JSON/);
    writeFileSync(join(folder, 'made-up.json'), '{}');
    expect(() => openStudyStore(folder).read('made-up')).toThrow(/no list "editions"/);
  });

  it('takes a study on all of its base models, on one, or says which there are', () => {
    const trained: Study = {
      ...study,
      id: 'trained',
      on: { model: 'a', set: {} },
      bases: [{ model: 'b', set: {} }],
    };
    const wanted = (options: { ids: string[]; base?: string }) =>
      wantedStudies(options, [study, trained], bases).map(bases.nameOnBase);
    expect(wanted({ ids: [] })).toEqual(['made-up', 'trained', 'trained on b']);
    expect(wanted({ ids: [], base: 'b' })).toEqual(['trained on b']);
    expect(wanted({ ids: ['trained'], base: 'a' })).toEqual(['trained']);
    expect(() => wanted({ ids: ['traned'] })).toThrow(/no study "traned"; use one of made-up, trained/);
    expect(() => wanted({ ids: ['trained'], base: 'c' })).toThrow(
      /"c" is not a base model of trained; use a or b/,
    );
    expect(() => wanted({ ids: ['made-up'], base: 'a' })).toThrow(/made-up trains no language model/);
  });
});
