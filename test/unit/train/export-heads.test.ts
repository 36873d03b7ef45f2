import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import { freshHead } from '../../../src/model/heads';
import { readSafetensors } from '../../../src/model/safetensors';
import { exportFiles } from '../../../src/train/export-model';
import { describeMethod } from '../../../src/train/method-info';
import { initialTrained, planPolicy } from '../../../src/train/policy';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../../src/train/run-document';
import { zipOf } from '../../../src/util/zip';
import { tinyModel } from '../../support/tiny-model';

const exported = (changes: Partial<RunDocument>) => {
  const model = tinyModel();
  const document = { ...defaultRun(describeMethod(methodById('svpo')), 'tiny'), ...changes };
  const plan = planPolicy(model, document, undefined);
  const trained = new Map([...initialTrained(plan), ...freshHead('value', model.config.hiddenSize)]);
  const run = {
    ...{ runId: 'r', document, created: 0, updated: 0, step: 1, stage: 0 },
    ...{ phase: 'finished' as const, metrics: [], evaluations: [] },
  };
  return unzipSync(zipOf(exportFiles(plan, trained, run)));
};

it('writes a value head beside the model, and no part of it into the model', () => {
  const files = exported({});
  const names = (file: string) => [...readSafetensors(files[file]!, file).tensors.keys()];
  expect(names('model.safetensors').filter((name) => name.startsWith('heads.'))).toEqual([]);
  expect(names('heads.safetensors').sort()).toEqual(['heads.value.bias', 'heads.value.weight']);
});

it('leaves a head out of an adapter, which PEFT would not know what to do with', () => {
  const files = exported({ adapter: { ...defaultAdapter(), rank: 2 } });
  const tensors = readSafetensors(files['adapter_model.safetensors']!, 'adapter').tensors;
  expect([...tensors.keys()].filter((name) => name.includes('heads.'))).toEqual([]);
  expect(files['heads.safetensors']).toBeUndefined();
});
