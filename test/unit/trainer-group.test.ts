import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { methodById } from '../../src/methods/index';
import { createMemoryStore } from '../../src/store/memory';
import type { Store } from '../../src/store/store';
import { defaultRun, type RunDocument } from '../../src/train/run-document';
import { createTrainerApi } from '../../src/trainer';
import type { RunEvent, TrainerApi } from '../../workers/protocol';

// One store for all trainers of a test, as a database is one for all visits; Node has none of its own.
const shared = vi.hoisted(() => ({ store: undefined as Store | undefined }));
vi.mock('../../src/store/open', () => ({ openStore: async () => shared.store }));

const open: TrainerApi[] = [];
const visit = async () => {
  const trainer = createTrainerApi('http://localhost/');
  open.push(trainer);
  await trainer.init('cpu');
  const events: RunEvent[] = [];
  await trainer.subscribe(async (batch) => void events.push(...batch));
  return { trainer, events };
};

beforeEach(() => {
  shared.store = createMemoryStore('');
  vi.stubGlobal(
    'fetch',
    async (url: string) => new Response(readFileSync(join('public', new URL(url).pathname))),
  );
});
afterEach(async () => {
  for (const trainer of open.splice(0)) await trainer.dispose();
  vi.unstubAllGlobals();
});

/** Worked solutions and made pairs of the built-in model, small enough for plain JavaScript. */
const documentOf = (method: string, changes: Partial<RunDocument> = {}): RunDocument => {
  const run = defaultRun(methodById(method));
  return {
    ...run,
    data: { ...run.data, difficulty: 'easy', trees: 2, maxTokens: 24 },
    steps: 2,
    batchSize: 2,
    evaluation: { every: 0, problems: 2 },
    probe: { every: 0, pairs: 2 },
    checkpointEvery: 1,
    ...changes,
  };
};

it('compares runs from one worker, tells of each by its arm, and opens the comparison again', async () => {
  const first = await visit();
  const documents = [documentOf('sft'), documentOf('sft', { seed: 2 })];
  const made = await first.trainer.createGroup(documents);
  expect(made.map(({ phase }) => phase)).toEqual(['idle', 'idle']);
  await first.trainer.stepOnce();
  const steps = () => first.events.flatMap((e) => (e.kind === 'metrics' ? [[e.arm, e.metrics['step']]] : []));
  expect(steps()).toEqual([
    [0, 1],
    [1, 1],
  ]);
  const { total } = await first.trainer.trees(0, 1, 1);
  expect(total).toBe(2);
  const [problem] = await first.trainer.problems('arithmetic', 'easy', 0, 1);
  const options = { which: 'policy', temperature: 0, seed: 0, maxTokens: 24 } as const;
  expect(await first.trainer.answer([problem!], { ...options, arm: 1 })).toHaveLength(1);
  await expect(first.trainer.credit(0, 3)).rejects.toThrow('no arm D');
  await first.trainer.dispose();

  const second = await visit();
  const stored = await second.trainer.runs();
  const group = stored[0]!.group!;
  expect(stored.map((run) => run.group?.arm).sort()).toEqual([0, 1]);
  const opened = await second.trainer.openGroup(group.id);
  expect(opened.map(({ phase, step }) => [phase, step])).toEqual([
    ['paused', 1],
    ['paused', 1],
  ]);
  expect((await second.trainer.start()).phase).toBe('finished');
  const ended = (await second.trainer.runs()).sort((a, b) => a.group!.arm - b.group!.arm);
  expect(ended.map(({ phase }) => phase)).toEqual(['finished', 'finished']);

  // The same numbers as each alone, with nothing stored to lean on.
  shared.store = createMemoryStore('');
  for (const [arm, document] of documents.entries()) {
    const alone = await visit();
    await alone.trainer.create(document);
    await alone.trainer.start();
    const [run] = (await alone.trainer.runs()).filter(({ document: d }) => d.seed === document.seed);
    expect(run!.metrics).toEqual(ended[arm]!.metrics);
    expect(run!.group).toBeUndefined();
    await alone.trainer.dispose();
  }

  await second.trainer.deleteRun(ended[1]!.runId);
}, 300_000);

it('refuses what cannot be compared, naming the arm, and opens nothing', async () => {
  const { trainer } = await visit();
  await expect(trainer.createGroup([documentOf('sft'), { ...documentOf('sft'), steps: 0 }])).rejects.toThrow(
    'b.steps',
  );
  await expect(
    trainer.createGroup([documentOf('sft'), { ...documentOf('sft'), model: 'nobody' }]),
  ).rejects.toThrow('Arm B');
  expect(await trainer.status()).toBeUndefined();
  await expect(trainer.openGroup('none')).rejects.toThrow('no stored comparison');
}, 60_000);
