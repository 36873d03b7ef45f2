import { beforeAll, describe, expect, it } from 'vitest';
import type { Params } from '../../../src/methods/params';
import { sacpo } from '../../../src/methods/rounds/sacpo';
import type { HostWeights } from '../../../src/model/host-weights';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun } from '../../../src/train/run-document';
import { onMadeAnswers } from '../../support/made-answers';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const method = onMadeAnswers(sacpo);

const trained = async (params: Params) => {
  const run = defaultRun(describeMethod(sacpo), 'tiny');
  const memory = memorySessionStore();
  const session = await TrainingSession.create({
    runId: 'run',
    document: {
      ...run,
      method: { id: 'sacpo', params: { ...run.method.params, ...params } },
      data: {
        ...run.data,
        source: { id: method.sources[0]!.id, params: {} },
        difficulty: 'easy',
        trees: 4,
        maxTokens: 24,
      },
      optimizer: { ...run.optimizer, learningRate: 3e-3 },
      schedule: { kind: 'constant', warmup: 0 },
      steps: 2, // of each stage
      batchSize: 2,
      evaluation: { every: 0, problems: 0 },
    },
    method,
    task: arithmetic,
    model: tinyModel(),
    backend,
    store: memory.store,
    emit: () => {},
  });
  expect((await session.start()).message).toMatch(/^Finished/);
  const rows = session.summary().metrics.map(({ stage, metrics }) => ({ stage, ...metrics }));
  const kept = (pass: string) => memory.kept.get(`run/${pass}`)!;
  const weights = await session.weights();
  await session.dispose();
  return { rows, kept, weights };
};

const flat = (weights: HostWeights, name: string) => [...weights.get(name)!.data];
const [some] = [...tinyModel().weights.keys()];

describe('SACPO', () => {
  it('holds the second stage to the first one’s model', async () => {
    const { rows } = await trained({});
    expect(rows.map(({ stage }) => stage)).toEqual(['helpful', 'helpful', 'safe', 'safe']);
    // A stage begins with policy and reference the same, where every margin is 0.
    const margins = rows.map(
      (row) => Math.abs((row as Record<string, unknown>)['rewards/margins'] as number) < 1e-6,
    );
    expect(margins).toEqual([true, false, true, false]);
    const reversed = await trained({ order: 'safe-first' });
    expect(reversed.rows.map(({ stage }) => stage)).toEqual(['safe', 'safe', 'helpful', 'helpful']);
  });

  it('merges the two by weight, and the whole of the second is SACPO', async () => {
    const [whole, merged] = [await trained({}), await trained({ merge: 0.25 })];
    expect(flat(merged.kept('helpful'), some!)).toEqual(flat(whole.kept('helpful'), some!));
    const [r, rg] = [flat(whole.kept('helpful'), some!), flat(whole.weights, some!)];
    for (const [i, value] of flat(merged.weights, some!).entries())
      expect(value).toBeCloseTo(0.75 * r[i]! + 0.25 * rg[i]!, 5);
    expect(r).not.toEqual(rg);
  });

  it('lets the second stage begin anew for the naive merge, and trains with KTO as well', async () => {
    const [after, apart] = [await trained({}), await trained({ second: 'by-itself', merge: 0.5 })];
    const loss = (run: typeof after, row: number) =>
      (run.rows[row] as Record<string, unknown>)['loss/likelihood'];
    // On the same trees the model that has been through the first stage finds good answers likelier.
    expect(loss(after, 2)).toBeLessThan(loss(apart, 2) as number);
    expect(flat(apart.kept('helpful'), some!)).toEqual(flat(after.kept('helpful'), some!));
    const kto = await trained({ loss: 'kto' });
    expect(kto.rows).toHaveLength(4);
    for (const row of kto.rows) expect(row).toHaveProperty('kl');
  });
});
