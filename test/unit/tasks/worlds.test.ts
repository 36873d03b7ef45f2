import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { methodById, methods } from '../../../src/methods';
import { worldOfModel, worldProblems, worlds } from '../../../src/tasks/cards';
import { loadTask } from '../../../src/tasks/index';
import type { Problem, Task } from '../../../src/tasks/task';
import { describeMethod } from '../../../src/train/method-info';
import { withPreset } from '../../../src/train/presets';
import { defaultRun } from '../../../src/train/run-document';
import { createRng } from '../../../src/util/rng';

interface Entry {
  id: string;
  task: string;
  difficulty: string;
}
const models = JSON.parse(readFileSync(join(process.cwd(), 'public/models/index.json'), 'utf8')) as Entry[];

it('the cards name the built-in models as their index does', () => {
  const byCards = worlds.flatMap(({ id: task, models }) => models.map((m) => ({ task, ...m })));
  const byIndex = models.map(({ id, task, difficulty }) => ({ task, id, difficulty }));
  const key = ({ id }: { id: string }) => id;
  const sorted = <T extends { id: string }>(list: T[]) => list.sort((a, b) => key(a).localeCompare(key(b)));
  expect(sorted(byCards)).toEqual(sorted(byIndex));
  for (const { difficulties, models } of worlds) {
    for (const { difficulty } of models) expect(difficulties.map(({ id }) => id)).toContain(difficulty);
  }
});

it('a task that is not there is named with those that are', async () => {
  await expect(loadTask('chess')).rejects.toThrow(/"chess".*"arithmetic"/);
});

it('a model is refused on the problems of another world, with both ways out', () => {
  const document = (model: string, task: string, difficulty: string) => ({
    model,
    data: { task, difficulty, dataset: null as unknown },
  });
  expect(worldProblems(document('arith-nano', 'arithmetic', 'medium'))).toEqual([]);
  expect(worldProblems(document('arith-nano', 'chess', 'medium'))[0]!.field).toBe('data.task');
  expect(worldProblems(document('arith-nano', 'arithmetic', 'cruel'))[0]!.message).toMatch(/"cruel".*easy/);
  expect(worldProblems(document('file:1234', 'arithmetic', 'easy'))).toEqual([]);
  const other = worlds.find(({ id }) => id !== 'arithmetic');
  if (!other) return;
  const wrong = document(other.models[0]!.id, 'arithmetic', 'medium');
  const [problem] = worldProblems(wrong);
  expect(problem!.field).toBe('model');
  expect(problem!.message).toContain('arith-nano');
  expect(problem!.message).toContain(`data.task to "${other.id}"`);
  wrong.data.dataset = { id: 'x' };
  expect(worldProblems(wrong)).toEqual([]);
});

it('every method’s default run names a world, a difficulty and a model that belong together', () => {
  for (const method of methods) {
    const run = defaultRun(method);
    expect(worldProblems(run), method.id).toEqual([]);
    expect(worldOfModel(run.model)?.id, method.id).toBe(run.data.task);
  }
});

/** Those whose problems are texts. */
const written = worlds.filter(({ draws }) => !draws);

/** What every world promises, whatever it is about. */
describe.each(written.map((card) => [card.id, card] as const))('%s', (id, card) => {
  const draws = (task: Task, difficulty: string, count: number): Problem[] => {
    const rng = createRng(9);
    return Array.from({ length: count }, () => task.draw(rng, difficulty));
  };

  it('is loaded with its card', async () => {
    expect(await loadTask(id)).toMatchObject(card);
  });

  it.each(card.difficulties.map((d) => [d.id] as const))(
    'solves, judges and continues its own problems: %s',
    async (difficulty) => {
      const task = await loadTask(id);
      for (const problem of draws(task, difficulty, 60)) {
        expect(problem.prompt.endsWith('\n')).toBe(true);
        expect(problem.difficulty).toBe(difficulty);
        const verdict = task.verify(problem, problem.solution);
        expect(verdict.correct, `${problem.prompt}${problem.solution}`).toBe(true);
        expect(verdict.firstWrongStep).toBe(-1);
        expect(verdict.answer).toBe(problem.answer);
        const steps = task.splitSteps(problem.solution);
        expect(steps.join('')).toBe(problem.solution);
        let prefix = '';
        for (const step of steps) {
          const rest = task.continueFrom(problem, prefix);
          expect(rest).toBeDefined();
          expect(task.verify(problem, prefix + rest!).correct).toBe(true);
          prefix += step;
        }
        const nothing = task.verify(problem, '');
        expect(nothing.correct).toBe(false);
        expect(nothing.firstWrongStep).toBe(nothing.steps.length);
        const babble = task.verify(problem, `=\n${problem.solution}`);
        expect(babble.correct).toBe(false);
        expect(babble.steps[babble.firstWrongStep]!.reason).not.toBe('');
        if (!task.judge) continue;
        const { labels } = task.judge({ problem, text: problem.solution, verdict });
        expect(Object.keys(labels).sort()).toEqual([...card.labels].sort());
      }
    },
  );

  it('never draws what is held out, and holds the same list out for everyone', async () => {
    const task = await loadTask(id);
    for (const { id: difficulty } of card.difficulties) {
      const held = task.heldOut(difficulty, 0, 120);
      expect(task.heldOut(difficulty, 40, 30)).toEqual(held.slice(40, 70));
      expect(new Set(held.map(({ prompt }) => prompt)).size).toBe(120);
      const prompts = new Set(held.map(({ prompt }) => prompt));
      for (const { prompt } of draws(task, difficulty, 2000)) expect(prompts.has(prompt)).toBe(false);
      expect(draws(task, difficulty, 20)).toEqual(draws(task, difficulty, 20));
      const groups = card.groups?.map((g) => g.id);
      for (const { group } of held) expect(groups ?? [undefined]).toContain(group);
    }
  });

  it('measures an answer of every problem that is right, and none', async () => {
    const task = await loadTask(id);
    if (!task.measures) return;
    const problems = task.heldOut(card.models[0]!.difficulty, 0, 40);
    const answers = problems.map((problem) => ({
      problem,
      text: problem.solution,
      verdict: task.verify(problem, problem.solution),
      tokens: problem.solution.length + 1,
      finished: true,
    }));
    const [all, none] = [task.measures(answers), task.measures([])];
    expect(all.map((m) => m.id)).toEqual(none.map((m) => m.id));
    for (const { value, interval, id: measure } of [...all, ...none]) {
      expect(Number.isFinite(value), measure).toBe(true);
      expect(interval[0], measure).toBeLessThanOrEqual(value);
      expect(interval[1], measure).toBeGreaterThanOrEqual(value);
    }
  });
});

it('a preset about another world takes the run there, with that world’s model, and stays where it is there already', () => {
  const kto = describeMethod(methodById('kto'));
  const preset = kto.presets.find(({ id }) => id === 'safety')!;
  const moved = withPreset(defaultRun(kto), kto, preset);
  expect(moved).toMatchObject({
    model: 'guard-nano',
    data: { task: 'guard', difficulty: 'mixed', maxTokens: 48, source: { params: { desirable: 'safe' } } },
  });
  expect(worldProblems(moved)).toEqual([]);
  const hard = { ...moved, data: { ...moved.data, difficulty: 'wrapped' } };
  expect(withPreset(hard, kto, preset).data.difficulty).toBe('wrapped');
});
