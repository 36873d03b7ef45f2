import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { tgdpo } from '../../../src/methods/token-level/tgdpo';
import type { SessionOptions } from '../../../src/run/run-context';
import { TrainingSession } from '../../../src/run/session';
import { putTogether } from '../../../src/store/checkpoints';
import type { CheckpointHead } from '../../../src/store/schema';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import { describeMethod } from '../../../src/train/method-info';
import { parseRun } from '../../../src/train/run-document';
import type { PreferenceTree } from '../../../src/tree/tree';
import type { RunSummary } from '../../../workers/protocol';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

/** What the first version left of a run of TGDPO that died after step 2 of 4 of its second stage, as its database had it. */
interface Stored {
  run: RunSummary;
  head: Record<string, unknown> & {
    datasetKey: string;
    stageResults: Record<string, Record<string, string>>;
  };
  arrays: string[];
  trees: PreferenceTree[];
}

const stored = JSON.parse(
  readFileSync(new URL('../../golden/runs/tgdpo-version-1.json', import.meta.url), 'utf8'),
) as Stored;

const floats = (base64: string) => new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);

const checkpoint = () => {
  const { stageResults, ...head } = stored.head;
  const results = Object.entries(stageResults).map(([stage, trees]) => [
    stage,
    Object.fromEntries(Object.entries(trees).map(([id, values]) => [id, floats(values)])),
  ]);
  const first = { ...head, stageResults: Object.fromEntries(results) } as unknown as CheckpointHead;
  return putTogether(first, stored.arrays.map(floats));
};

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const optionsOf = (memory = memorySessionStore()): SessionOptions => ({
  runId: 'first',
  document: parseRun(stored.run.document, [describeMethod(tgdpo)]),
  method: tgdpo,
  task: arithmetic,
  model: tinyModel(),
  backend,
  store: memory.store,
  emit: () => undefined,
});

/** The same run from its beginning, on the same pairs, which are made as they were then. */
const fromToday = async () => {
  const options = optionsOf();
  const source = { id: 'corrupted-pairs', params: {} };
  const document = { ...options.document, data: { ...options.document.data, source } };
  return TrainingSession.create({ ...options, document, method: onCorruptedPairs(tgdpo) });
};

/** A store in which the run lies, and the session that opens it. */
const reopened = async (memory = memorySessionStore()) => {
  memory.datasets.set(stored.head.datasetKey, stored.trees);
  const resume = {
    checkpoint: memory.checkpoints.get('first') ?? checkpoint(),
    summary: memory.runs.get('first') ?? stored.run,
  };
  return { memory, session: await TrainingSession.create({ ...optionsOf(memory), resume }) };
};

const losses = (session: TrainingSession) => session.summary().metrics.map(({ metrics }) => metrics['loss']!);

describe('a run of the first version', () => {
  it('has its document read as one of today, every value kept', () => {
    const { document } = optionsOf();
    expect(document.version).toBe(2);
    expect(document.method).toMatchObject({
      id: 'tgdpo',
      params: { beta: 0.1, alpha: 0.5, clamp: true, guide: 'dpo' },
    });
    expect(document.data.source).toMatchObject({
      id: 'right-and-wrong',
      params: { samples: 4, temperature: 1, topP: 1 },
    });
    for (const field of ['optimizer', 'schedule', 'steps', 'batchSize', 'seed'] as const) {
      expect(document[field]).toEqual(stored.run.document[field]);
    }
  });

  it('goes on inside its second stage to the numbers of one that begins today', async () => {
    const whole = await fromToday();
    await whole.start();
    const { session } = await reopened();
    expect(session.status()).toMatchObject({ phase: 'paused', step: 2, stage: { index: 1, id: 'tgdpo' } });
    expect((await session.start()).phase).toBe('finished');
    const [now, then] = [whole, session].map((s) => s.summary().metrics);
    expect(then!.map(({ stage }) => stage)).toEqual(now!.map(({ stage }) => stage));
    for (const [i, { metrics }] of now!.entries()) {
      for (const [name, value] of Object.entries(metrics)) {
        expect(then![i]!.metrics[name], `${name} of row ${i}`).toBeAllclose(value, {
          rtol: 1e-4,
          atol: 1e-5,
        });
      }
    }
    const weights = await session.weights();
    for (const [name, { data }] of await whole.weights()) {
      expect(weights.get(name)!.data).toBeAllclose(data, { rtol: 1e-4, atol: 1e-5 });
    }
    await whole.dispose();
    await session.dispose();
  });

  it('keeps the guide’s log-probs when it is stored anew and opened again', async () => {
    const whole = await reopened();
    await whole.session.start();
    const half = await reopened();
    await half.session.stepOnce();
    await half.session.dispose();
    expect(half.memory.checkpoints.get('first')!.kept['guide']).toMatch(/^[0-9a-f]{64}$/);
    const again = await reopened(half.memory);
    expect(again.session.status().step).toBe(3);
    await again.session.start();
    expect(losses(again.session)).toEqual(losses(whole.session));
    await again.session.dispose();
    await whole.session.dispose();
  });

  it('goes on where the disk is full, with what its checkpoint held', async () => {
    const whole = await reopened();
    await whole.session.start();
    const memory = memorySessionStore();
    Object.assign(memory.store, { putReferences: () => Promise.reject(new Error('There is no room left.')) });
    const { session } = await reopened(memory);
    expect((await session.start()).phase).toBe('finished');
    expect(losses(session)).toEqual(losses(whole.session));
    await session.dispose();
    await whole.session.dispose();
  });
});
