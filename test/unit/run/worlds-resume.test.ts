import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LoadedModel } from '../../../src/load/loaded-model';
import { modelFromFiles } from '../../../src/load/model-from-files';
import { methodById } from '../../../src/methods/index';
import type { SessionOptions } from '../../../src/run/run-context';
import { TrainingSession } from '../../../src/run/session';
import { loadTask } from '../../../src/tasks/index';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun } from '../../../src/train/run-document';
import type { RunEvent } from '../../../workers/protocol';
import type { MemorySessionStore } from '../../support/memory-session-store';
import { memorySessionStore } from '../../support/memory-session-store';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const models = join(process.cwd(), 'public/models');
const index = JSON.parse(readFileSync(join(models, 'index.json'), 'utf8')) as {
  id: string;
  files: { name: string }[];
}[];

const load = (id: string): Promise<LoadedModel> => {
  const files = index.find((entry) => entry.id === id)!.files.map(({ name }) => name);
  const summary = { id, name: id, description: '', parameters: 0, builtIn: true };
  return modelFromFiles(
    summary,
    new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(models, id, name)))])),
  );
};

/** A method's default run in its world, made small. */
const optionsOf = async (
  id: string,
  memory: MemorySessionStore,
  emit: (event: RunEvent) => void = () => undefined,
): Promise<SessionOptions> => {
  const method = methodById(id);
  const run = defaultRun(describeMethod(method));
  return {
    runId: 'run',
    document: {
      ...run,
      data: { ...run.data, trees: 6 },
      steps: 3,
      batchSize: 3,
      evaluation: { every: 0, problems: 2 },
      checkpointEvery: 1,
    },
    method,
    task: await loadTask(run.data.task),
    model: await load(run.model),
    backend,
    store: memory.store,
    emit,
  };
};

const outcomeOf = async (session: TrainingSession) => ({
  metrics: session.summary().metrics,
  evaluations: session.summary().evaluations,
  weights: [...(await session.weights())].map(([name, { data }]) => [name, Array.from(data)] as const),
  trees: session.treesMade,
});

describe.each(['dmpo', 'sdpo', 'gdpo', 'longdpo', 'egida'])('%s in its own world', (id) => {
  it('makes its data, measures, and goes on bit for bit after the tab has died', async () => {
    const memory = memorySessionStore();
    let left: MemorySessionStore | undefined;
    const whole = await TrainingSession.create(
      await optionsOf(id, memory, (event) => {
        // Step 3 is made and nothing of it is stored.
        if (event.kind === 'metrics' && event.metrics['step'] === 3) left = memory.left();
      }),
    );
    expect((await whole.start()).message).toMatch(/^Finished/);
    const expected = await outcomeOf(whole);
    expect(expected.trees).toHaveLength(6);
    expect(expected.evaluations).toHaveLength(2);
    for (const { measures } of expected.evaluations) expect(measures!.length).toBeGreaterThan(1);
    expect(expected.metrics).toHaveLength(3);
    await whole.dispose();

    const [checkpoint, summary] = [left!.checkpoints.get('run')!, left!.runs.get('run')!];
    const options = await optionsOf(id, left!);
    const again = await TrainingSession.create({ ...options, resume: { checkpoint, summary } });
    expect(again.status().step).toBe(2);
    await again.start();
    expect(await outcomeOf(again)).toEqual(expected);
    await again.dispose();
  });

  it('makes the same data again when the tab has died while it was made, and waits when it is told to', async () => {
    const made: string[][] = [];
    for (const pauses of [true, false]) {
      const trees: string[] = [];
      const options = await optionsOf(id, memorySessionStore(), (event) => {
        if (event.kind !== 'tree') return;
        trees.push(JSON.stringify(event.tree));
        if (pauses && event.index === 2) void session.pause();
      });
      const session = await TrainingSession.create(options);
      await session.stepOnce();
      if (pauses) {
        expect(session.status().message).toMatch(/^Paused while preparing/);
        await session.stepOnce();
      }
      made.push(trees);
      await session.dispose();
    }
    expect(made[0]).toHaveLength(6);
    expect(made[0]).toEqual(made[1]);
  });
});
