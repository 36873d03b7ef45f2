import { beforeAll, describe, expect, it } from 'vitest';
import type { Params } from '../../../src/methods/params';
import { oreo } from '../../../src/methods/valued/oreo';
import { splitHeads } from '../../../src/model/heads';
import type { HostWeights } from '../../../src/model/host-weights';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../../src/train/run-document';
import { onMadeAnswers } from '../../support/made-answers';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const method = onMadeAnswers(oreo);
const model = tinyModel();

const trained = async (params: Params, changes: Partial<RunDocument> = {}) => {
  const run = defaultRun(method, 'tiny');
  const memory = memorySessionStore();
  const session = await TrainingSession.create({
    runId: 'run',
    document: {
      ...run,
      method: { id: 'oreo', params: { ...run.method.params, ...params } },
      data: { ...run.data, difficulty: 'easy', trees: 4, maxTokens: 24 },
      optimizer: { ...run.optimizer, learningRate: 3e-3 },
      schedule: { kind: 'constant', warmup: 0 },
      steps: 4,
      batchSize: 2,
      evaluation: { every: 0, problems: 2 },
      ...changes,
    },
    method,
    task: arithmetic,
    model,
    backend,
    store: memory.store,
    emit: () => undefined,
  });
  expect((await session.start()).message).toMatch(/^Finished/);
  const critic = splitHeads(memory.kept.get('run/critic')!);
  const rows = session.summary().metrics.map(({ stage, metrics }) => ({ stage, ...metrics }));
  const weights = splitHeads(await session.weights());
  await session.dispose();
  return { critic, rows: rows as Record<string, unknown>[], weights };
};

const numbers = (weights: HostWeights) => [...weights].map(([name, { data }]) => [name, Array.from(data)]);

describe('a value with a trunk of its own', () => {
  it('learns from the value alone, and leaves the policy as it is, bit for bit', async () => {
    const { critic, rows, weights } = await trained({ trunk: 'own' });
    expect(numbers(critic.own)).toEqual(numbers(model.weights));
    expect(critic.heads.size).toBe(2 + model.weights.size);
    const moved = [...model.weights].filter(([name, { data }]) => {
      const own = critic.heads.get(`heads.value.trunk.${name}`)!.data;
      return own.some((x, i) => x !== data[i]);
    });
    expect(moved).toHaveLength(model.weights.size); // every tensor of the trunk
    const losses = rows.filter(({ stage }) => stage === 'critic').map((row) => row['loss/value'] as number);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(numbers(weights.own)).not.toEqual(numbers(model.weights)); // the policy's turn came after
  });

  it('is the policy’s own where it is shared, which then moves with the value', async () => {
    const { critic } = await trained({ trunk: 'shared' });
    expect(critic.heads.size).toBe(2);
    expect(numbers(critic.own)).not.toEqual(numbers(model.weights));
  });

  it('of a run with an adapter is a second adapter', async () => {
    const { critic, weights } = await trained(
      { trunk: 'own' },
      { adapter: { ...defaultAdapter(), rank: 2 } },
    );
    expect(weights.heads.size).toBe(2 + weights.own.size);
    const start = numbers(critic.own).filter(([name]) => String(name).includes('lora_B'));
    expect(start.every(([, data]) => (data as number[]).every((x) => x === 0))).toBe(true);
    const value = [...critic.heads].filter(([name]) => /trunk.*lora_B/.test(name));
    expect(value.some(([, { data }]) => data.some((x) => x !== 0))).toBe(true);
  });
});
