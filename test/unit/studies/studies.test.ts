import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runLab } from '../../../src/lab/index';
import { labHooks } from '../../../src/lab/lab-calls';
import { methods as catalogue } from '../../../src/methods/index';
import { stepsOf } from '../../../src/run/passes';
import { baseOf, isOnFurther, nameOnBase, onBase, onBases } from '../../../src/studies/core/bases';
import { markOf } from '../../../src/studies/core/mark';
import {
  isFarBehind,
  planOf,
  readNumbers,
  settingsOf,
  taskOf,
  todayOf,
  trialMeans,
  trialsOf,
} from '../../../src/studies/core/plan';
import { currentEdition, type StoredStudy, trialsOn } from '../../../src/studies/core/stored';
import { measuresOf, type Study } from '../../../src/studies/core/study';
import { fewestSeeds } from '../../../src/studies/core/verdict';
import { weightsIn } from '../../../src/studies/core/weights';
import { studies } from '../../../src/studies/index';
import { marks, marksOf } from '../../../src/studies/marks';
import { worldProblems } from '../../../src/tasks/cards';
import { describeMethod } from '../../../src/train/method-info';
import { lanesOf } from '../../../src/ui/studies/seeds-plot';

const methods = catalogue.map(describeMethod);
const noKey = () => '';
const plan = (study: Study) => planOf(study, study.seeds.slice(0, 1), methods, noKey);
const models = JSON.parse(readFileSync('public/models/index.json', 'utf8')) as Parameters<
  typeof weightsIn
>[0];
const today = (study: Study) => todayOf(study, methods, (id) => weightsIn(models, id));
const storedOf = ({ id }: Study): StoredStudy | undefined => {
  const path = `docs/studies/${id}.json`;
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StoredStudy) : undefined;
};

describe.each(studies.map((study) => [study.id, study] as const))('%s', (_, study) => {
  it('names what there is, and its documents check out', () => {
    for (const id of study.methods) expect(methods.map((m) => m.id)).toContain(id);
    expect(study.seeds.length).toBeGreaterThanOrEqual(study.exact ? 1 : fewestSeeds);
    const all = onBases(study);
    for (const each of all) expect(today(each).model?.id).toBe(baseOf(each));
    for (const task of all.flatMap((each) => [...plan(each), ...trialsOf(each, methods, noKey)]))
      if ('document' in task) expect(worldProblems(task.document)).toEqual([]);
    const [first, second] = plan(study);
    if ('document' in first!) expect(settingsOf(first)).not.toEqual(settingsOf(second!));
  });

  it.each(onBases(study).map((each) => [nameOnBase(each), each] as const))(
    '%s: chooses its settings on other seeds, and each arm has one that was tried',
    (_name, each) => {
      const { chosen } = each;
      if (!chosen) return;
      expect(chosen.seeds.filter((seed) => each.seeds.includes(seed))).toEqual([]);
      expect(measuresOf(each).map(({ id }) => id)).toContain(chosen.by);
      for (const arm of each.arms) {
        const tried = chosen.tried[arm.id]!;
        const own = tried.findIndex((setting) =>
          Object.entries(setting).every(([key, value]) => arm.set[key] === value),
        );
        expect(own, arm.id).toBeGreaterThanOrEqual(0);
        const trials = trialsOn(each, storedOf(each));
        const means = trialMeans(each, arm.id, trials);
        // Once all were tried, it is the best of them.
        if (means.every((mean, i) => mean !== undefined || isFarBehind(each, arm.id, i, trials)))
          expect(means[own], arm.id).toBe(Math.max(...means.filter((mean) => mean !== undefined)));
      }
    },
  );

  it('gives both arms as many updates on as many pairs, and enough seeds for their price', () => {
    for (const each of onBases(study)) {
      const sizes = plan(each).map((task) => {
        if (!('document' in task)) return undefined;
        const { method, steps, batchSize, accumulate, data } = task.document;
        const passes = catalogue.find(({ id }) => id === method.id)!.passes(method.params);
        const updates = passes.reduce((sum, pass) => sum + stepsOf(pass, steps), 0);
        return { updates, batch: batchSize * accumulate, trees: data.trees };
      });
      expect(sizes[0], nameOnBase(each)).toEqual(sizes[1]);
    }
    const mark = marks.find(({ id }) => id === study.id)!;
    for (const { seconds } of [mark, ...(mark.bases ?? [])])
      if (!study.exact && seconds < 60) expect(study.seeds.length).toBeGreaterThanOrEqual(6);
  });

  it('stands in the index as its stored runs have it; else `npm run study -- --list` writes it anew', () => {
    expect(marks.find(({ id }) => id === study.id)).toEqual(markOf(study, storedOf(study), today));
  });

  it('has stored numbers that its plan asks for', () => {
    const editions = onBases(study).map((each) => currentEdition(each, storedOf(study), today(each)));
    for (const { arm, seed, numbers, failed } of editions.flatMap((edition) => edition?.runs ?? [])) {
      expect(study.arms.map(({ id }) => id)).toContain(arm);
      expect(seed).toBeGreaterThan(0);
      if (failed === undefined)
        for (const { id } of measuresOf(study)) expect(numbers[id], id).toBeTypeOf('number');
    }
  });

  // Those that take longer are held by the lab's own tests.
  if ('lab' in study.on && study.price <= 1)
    it('gives the stored numbers again', async () => {
      const edition = currentEdition(study, storedOf(study), today(study));
      const seed = study.seeds[0]!;
      for (const arm of study.arms) {
        const stored = edition?.runs.find((run) => run.arm === arm.id && run.seed === seed);
        const task = taskOf(study, arm, seed, methods, noKey);
        if (!stored || !('lab' in task)) continue;
        const hooks = labHooks(seed, new AbortController().signal, () => {});
        const numbers = readNumbers(arm, (await runLab(task.lab, task.params, hooks)).numbers);
        for (const [id, value] of Object.entries(numbers)) expect(value).toBeCloseTo(stored.numbers[id]!, 9);
      }
    });
});

describe('the studies', () => {
  it('are in the index in their order, each once, and found by method', () => {
    expect(marks.map(({ id }) => id)).toEqual(studies.map(({ id }) => id));
    expect(new Set(studies.map(({ id }) => id)).size).toBe(studies.length);
    expect(marksOf('ipo').map(({ id }) => id)).toEqual(['ipo', 'ipo-model']);
    expect(marksOf('hinge')).toEqual([]);
  });

  it('run on a further base model with the same documents but for its name and the settings chosen on it', () => {
    const study = studies.find(({ id }) => id === 'step-dpo')!;
    const [first, second] = onBases(study);
    expect(first).toBe(study);
    expect([isOnFurther(first), isOnFurther(second!)]).toEqual([false, true]);
    expect(onBase(study, baseOf(second!)!)).toEqual(second);
    expect(onBase(study, 'talk-nano')).toBeUndefined();
    const documents = (each: Study) => plan(each).map((task) => 'document' in task && task.document);
    const model = baseOf(second!)!;
    expect(documents({ ...second!, arms: first.arms })).toEqual(
      documents(first).map((each) => ({ ...each, model })),
    );
    const set = { dpo: { 'optimizer.learningRate': 3e-5 } };
    const [, own] = onBases({ ...study, bases: [{ model, set }] });
    const [stepwise, whole] = documents(own!);
    expect(stepwise).toEqual({ ...documents(first)[0], model });
    expect(whole).toMatchObject({ model, optimizer: { learningRate: 3e-5 } });
  });

  it('share runs whose documents are equal', () => {
    const key = (id: string, arm: string) =>
      plan(studies.find((study) => study.id === id)!).find((task) => task.arm.id === arm)!.key;
    expect(key('tgdpo', 'dpo')).toBe(key('pre-dpo', 'dpo'));
    expect(key('simpo', 'dpo')).toBe(key('ld-dpo', 'dpo'));
    expect(key('step-dpo', 'dpo')).not.toBe(key('tgdpo', 'dpo'));
  });
});

it('dots of seeds that would lie on each other get lanes of their own, and no more of them than that takes', () => {
  const xs = [100, 40, 108, 100.5, 57, 300];
  const lanes = lanesOf(xs, 17);
  expect(lanes).toEqual([0, 0, 2, 1, 0, 0]);
  for (const [i, x] of xs.entries())
    for (const [k, other] of xs.entries())
      if (i !== k && lanes[i] === lanes[k]) expect(Math.abs(x - other)).toBeGreaterThanOrEqual(17);
});
