import { beforeAll, describe, expect, it } from 'vitest';
import { createAdamW, disposeAdamW } from '../../src/kernels/adamw';
import type { LoadedModel } from '../../src/load/loaded-model';
import { dpo, logistic } from '../../src/methods/pairwise/dpo';
import { parseModelConfig } from '../../src/model/config';
import type { HostWeights } from '../../src/model/host-weights';
import { parameterShapes } from '../../src/model/parameters';
import { gpuStats, guardGpu, initBackend, resetGpuStats, trimGpuPool } from '../../src/tf';
import { estimateRun } from '../../src/train/estimate';
import { describeMethod } from '../../src/train/method-info';
import { createPolicy, disposePolicy, planPolicy } from '../../src/train/policy';
import type { RunDocument } from '../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../src/train/run-document';
import { trainStep } from '../../src/train/step';
import { pairTree } from '../../src/tree/build';
import { packForest } from '../../src/tree/pack';
import { createRng } from '../../src/util/rng';
import { tinyModel } from '../support/tiny-model';

const config = parseModelConfig({
  model_type: 'llama',
  vocab_size: 1024,
  hidden_size: 128,
  intermediate_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
  eos_token_id: 2,
});

const weights: HostWeights = new Map(
  [...parameterShapes(config)].map(([name, shape]) => {
    const rng = createRng(3).fork(name);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : rng.normal() * 0.05;
    return [name, { shape, data }];
  }),
);

const model: LoadedModel = { ...tinyModel(), config, weights, hash: 'estimate' };

const rng = createRng(4);
const steps = () => [Array.from({ length: 60 }, () => 3 + rng.int(1000))];
const trees = [0, 1].map((i) =>
  pairTree({ id: `${i}`, prompt: [5, 6, 7, 8], chosenSteps: steps(), rejectedSteps: steps() }),
);
const data = { meanTokens: 124, meanScored: 120, longest: 124 };

const documentOf = (changes: Partial<RunDocument>): RunDocument => ({
  ...defaultRun(describeMethod(dpo), 'estimate'),
  batchSize: trees.length,
  ...changes,
});

/** The most bytes of GPU buffers that one step of the document's run has in use, everything on the device included. */
const peakOf = (document: RunDocument): Promise<number> =>
  guardGpu(async () => {
    const plan = planPolicy(model, document, undefined);
    trimGpuPool();
    resetGpuStats();
    const policy = createPolicy(plan);
    const optimizer = createAdamW(policy.trained);
    const byTree = new Map(trees.map((tree) => [tree.id, new Float32Array(packForest([tree]).entries.used)]));
    const state = {
      ...{
        config,
        parameters: policy.trained,
        frozen: policy.frozen,
        optimizer,
        constants: { reference: { read: 'logProb' as const, byTree } },
      },
      ...{ objective: logistic({ beta: 0.1 }), checkpointing: document.checkpointing },
      ...(policy.lora ? { lora: policy.lora } : {}),
    };
    await trainStep(state, [trees], { ...document.optimizer, step: 1 });
    const { peakBytes } = gpuStats();
    disposeAdamW(optimizer);
    disposePolicy(policy);
    return peakBytes;
  });

const lora = { ...defaultAdapter(), rank: 4 };
const cases: Record<string, Partial<RunDocument>> = {
  'all weights': {},
  'an adapter': { adapter: lora },
  'an adapter, computing layers again': { adapter: lora, checkpointing: true },
  'an adapter over int4': { adapter: lora, weights: 'int4', checkpointing: true },
};

describe('the estimate of memory', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });

  it('is near the measured peak, and orders the settings as the peaks are ordered', async () => {
    const device = { backend: 'webgpu' as const, largestBuffer: 2 ** 30, memory: 2 ** 31, flops: 1e9 };
    const rows: { name: string; estimated: number; measured: number }[] = [];
    for (const [name, changes] of Object.entries(cases)) {
      const document = documentOf(changes);
      const { totalBytes } = estimateRun({ config, weights, document, data, device }, defaultAdapter());
      rows.push({ name, estimated: totalBytes, measured: await peakOf(document) });
    }
    const table = rows
      .map(
        (r) =>
          `${r.name}: estimated ${(r.estimated / 1e6).toFixed(1)} MB, measured ${(r.measured / 1e6).toFixed(1)} MB`,
      )
      .join('\n');
    for (const { name, estimated, measured } of rows) {
      expect(estimated / measured, `${name}\n${table}`).toBeGreaterThan(0.6);
      expect(estimated / measured, `${name}\n${table}`).toBeLessThan(1.7);
    }
    const names = (by: 'estimated' | 'measured') =>
      [...rows].sort((a, b) => b[by] - a[by]).map((r) => r.name);
    expect(names('estimated')).toEqual(names('measured'));
  });
});
