import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelFromFiles } from '../../../src/load/model-from-files';
import { disposeParameters, loadParameters, parameterCount } from '../../../src/model/parameters';
import { loadTask } from '../../../src/tasks/index';
import { initBackend } from '../../../src/tf';
import { accuracyOf, answerProblems } from '../../../src/train/evaluate';
import { createRng } from '../../../src/util/rng';

interface Entry {
  id: string;
  name: string;
  description: string;
  parameters: number;
  task: string;
  difficulty: string;
  draws?: true;
  files: { name: string; bytes: number; sha256: string }[];
}
const folder = join(process.cwd(), 'public/models');
const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Entry[];
const read = (entry: Entry, name: string) => new Uint8Array(readFileSync(join(folder, entry.id, name)));
const load = (entry: Entry) =>
  modelFromFiles({ ...entry, builtIn: true }, new Map(entry.files.map((f) => [f.name, read(entry, f.name)])));

beforeAll(() => initBackend('cpu'));

/** Those that draw are tested where they are made, in diffusion/shapes-nano.test.ts. */
const writing = index.filter(({ draws }) => !draws);

describe.each(writing.map((entry) => [entry.id, entry] as const))('%s', (id, entry) => {
  it('has the files that the index states', () => {
    expect(entry.files.map((f) => f.name)).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'README.md']),
    );
    for (const { name, bytes, sha256 } of entry.files) {
      const content = read(entry, name);
      expect(content.byteLength).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });

  it('loads, and its tokenizer holds every text of the task', async () => {
    const model = await load(entry);
    expect(parameterCount(model.config)).toBe(entry.parameters);
    expect(model.config.maxPositions).toBeGreaterThanOrEqual(128);
    const { tokenizer } = model;
    expect([tokenizer.pad, tokenizer.bos, tokenizer.eos]).toEqual([0, 1, 2]);
    const rng = createRng(5);
    const task = await loadTask(entry.task);
    for (const { id: difficulty } of task.difficulties) {
      const problems = [
        ...Array.from({ length: 50 }, () => task.draw(rng, difficulty)),
        ...task.heldOut(difficulty, 0, 50),
      ];
      for (const problem of problems) {
        const { strong, careless } = task.writers ?? {};
        const texts = [problem.solution, strong?.(problem) ?? '', careless?.(problem, rng) ?? ''];
        for (const text of texts.map((t) => problem.prompt + t)) {
          const tokens = tokenizer.encode(text);
          expect(tokens).toHaveLength(text.length);
          expect(tokenizer.decode(tokens)).toBe(text);
        }
      }
    }
  });

  it('answers some of the held-out problems rightly and some not, and comes to an end', async () => {
    const { config, tokenizer, weights } = await load(entry);
    const parameters = loadParameters(config, weights);
    const count = id === 'arith-small' ? 20 : 40;
    const task = await loadTask(entry.task);
    const answers = await answerProblems(
      { network: { config, weights: parameters }, tokenizer },
      task,
      task.heldOut(entry.difficulty, 0, count),
      { ...task.evaluation, samples: 1, seed: 1, maxTokens: task.maxTokens },
    );
    disposeParameters(parameters);
    const { accuracy } = accuracyOf(answers);
    expect(accuracy).toBeGreaterThanOrEqual(0.05);
    expect(accuracy).toBeLessThanOrEqual(0.85);
    expect(answers.filter((a) => a.sample.finished).length / count).toBeGreaterThan(0.9);
    if (task.id !== 'arithmetic') return;
    expect(accuracy).toBeGreaterThanOrEqual(0.4);
    expect(accuracy).toBeLessThanOrEqual(0.7);
    const wrong = answers.flatMap((a) => a.verdict.steps).filter((s) => !s.correct);
    const formed = wrong.filter((s) => /^(\d+[-+*]\d+=\d+\n|A:\d+)$/.test(s.text));
    expect(formed.length / wrong.length).toBeGreaterThan(0.9);
  });
});

it('together stay under 15 MB', () => {
  const bytes = index.flatMap((e) => e.files).reduce((sum, f) => sum + f.bytes, 0);
  expect(bytes).toBeLessThan(15e6);
});
