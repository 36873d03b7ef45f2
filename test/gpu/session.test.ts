import { afterAll, describe, expect, it } from 'vitest';
import { dpo } from '../../src/methods/pairwise/dpo';
import { TrainingSession } from '../../src/run/session';
import { arithmetic } from '../../src/tasks/arithmetic';
import type { BackendInfo, BackendName } from '../../src/tf';
import { gpuStats, initBackend, resetGpuStats, tf } from '../../src/tf';
import { defaultRun } from '../../src/train/run-document';
import { onCorruptedPairs } from '../support/corrupted-pairs';
import { memorySessionStore } from '../support/memory-session-store';
import { tinyModel } from '../support/tiny-model';

const method = onCorruptedPairs(dpo);

const started = new Map<BackendName, BackendInfo>();

/** Starts a backend once and goes back to it later: a new device would compile every shader again. */
const useBackend = async (name: BackendName): Promise<BackendInfo> => {
  const info = started.get(name) ?? (await initBackend(name));
  started.set(name, info);
  await tf.setBackend(name);
  return info;
};

const makeSession = async (name: BackendName, steps: number, probe = { every: 0, pairs: 16 }) => {
  const backend = await useBackend(name);
  const run = defaultRun(method, 'tiny');
  const memory = memorySessionStore();
  const options = {
    runId: 'run',
    document: {
      ...run,
      data: { ...run.data, difficulty: 'easy', trees: 6, maxTokens: 24 },
      optimizer: { ...run.optimizer, learningRate: 3e-3 },
      steps,
      batchSize: 2,
      evaluation: { every: 0, problems: 0 },
      probe,
      checkpointEvery: 0,
    },
    method,
    task: arithmetic,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: () => {},
  };
  return { session: await TrainingSession.create(options), memory, options };
};

const rows = (session: TrainingSession) => session.summary().metrics;

const train = async (name: BackendName, steps: number) => {
  const { session } = await makeSession(name, steps);
  expect(await session.start()).toMatchObject({ phase: 'finished' });
  const metrics = rows(session);
  await session.dispose();
  return metrics;
};

afterAll(() => initBackend('cpu'));

describe('a session on WebGPU', () => {
  it('gives the numbers of the plain backend, within float32', async () => {
    const [ours, wasm, plain] = [await train('webgpu', 4), await train('wasm', 4), await train('cpu', 4)];
    const numbers = (all: typeof ours) =>
      all.map(({ metrics: m }) => [m['loss']!, m['logps/chosen']!, m['logps/rejected']!, m['grad_norm']!]);
    expect(numbers(ours)).toBeAllclose(numbers(plain), { rtol: 1e-3, atol: 1e-4 });
    expect(numbers(wasm)).toBeAllclose(numbers(plain), { rtol: 1e-3, atol: 1e-4 });
  });

  it('repeats bit for bit, and through a kill and a resume', async () => {
    const expected = await train('webgpu', 4);
    expect(await train('webgpu', 4)).toEqual(expected);
    const { session, memory, options } = await makeSession('webgpu', 4);
    await session.stepOnce();
    await session.stepOnce();
    const again = await TrainingSession.create({
      ...options,
      resume: { checkpoint: memory.checkpoints.get('run')!, summary: memory.runs.get('run')! },
    });
    await again.start();
    expect(rows(again)).toEqual(expected);
    await Promise.all([session.dispose(), again.dispose()]);
  });

  it.each(['webgpu', 'wasm'] as const)(
    'holds tensors and bytes constant over 100 steps on %s',
    async (name) => {
      const { session } = await makeSession(name, 110);
      const seen: { tensors: number; bytes: number; gpuBytes: number }[] = [];
      for (let i = 0; i < 105; i++) {
        await session.stepOnce();
        const { numTensors, numBytes } = tf.memory();
        seen.push({ tensors: numTensors, bytes: numBytes, gpuBytes: gpuStats().bytes });
      }
      expect(new Set(seen.slice(5).map((s) => JSON.stringify(s))).size).toBe(1);
      await session.dispose();
    },
  );

  it('takes at most 41 dispatches per layer and 29 for the rest of a step, and a look at its pairs 13 and 9', async () => {
    const dispatchesOf = async (pairs: number) => {
      const { session, options } = await makeSession('webgpu', 4, { every: 1, pairs });
      await session.stepOnce();
      resetGpuStats();
      await session.stepOnce();
      const { dispatches } = gpuStats();
      await session.dispose();
      return { dispatches, layers: options.model.config.layers };
    };
    const [step, looked] = [await dispatchesOf(0), await dispatchesOf(4)];
    expect(step.dispatches).toBeGreaterThan(20);
    expect(step.dispatches).toBeLessThanOrEqual(41 * step.layers + 29);
    expect(looked.dispatches).toBeGreaterThan(step.dispatches);
    expect(looked.dispatches - step.dispatches).toBeLessThanOrEqual(13 * step.layers + 9);
  });
});
