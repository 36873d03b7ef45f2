import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { defaultDatasetSettings } from '../../src/data/settings';
import { methods } from '../../src/methods';
import { safetensorsParts } from '../../src/model/write-safetensors';
import { createMemoryStore } from '../../src/store/memory';
import type { Store } from '../../src/store/store';
import { defaultRun } from '../../src/train/run-document';
import { createTrainerApi } from '../../src/trainer';
import type { GivenFile, RunEvent, TrainerApi } from '../../workers/protocol';
import { judgedQuestions } from '../support/judged-questions';
import { tinyModelOf } from '../support/tiny-model';
import { bytes, fixture } from './data/preparing';

const shared = vi.hoisted(() => ({ store: undefined as Store | undefined }));
vi.mock('../../src/store/open', () => ({ openStore: async () => shared.store }));

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A model of a few thousand weights that reads bytes and has a chat template, as the files of a folder. */
const chatFolder = (): GivenFile[] => {
  const { weights, files } = tinyModelOf(bytes, 2);
  const { tokenizer, config } = fixture.tokenizers['byte-level']!;
  const parts = [...safetensorsParts(weights, [['format', 'pt']], 'model.safetensors', 'F32')];
  const model = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    model.set(part, at);
    at += part.length;
  }
  const own: Record<string, Uint8Array> = {
    'config.json': text({ ...JSON.parse(files['config.json']!), max_position_embeddings: 1024 }),
    'model.safetensors': model,
    'tokenizer.json': text(tokenizer),
    'tokenizer_config.json': text({ ...config, chat_template: fixture.templates['chatml'] }),
  };
  return Object.entries(own).map(([name, data]) => ({ name: `tiny/${name}`, data }));
};

/** What the page says of methods that cannot learn from such a file. */
const refusals: Record<string, RegExp> = {
  brain: /reads “logProposal” of every answer, which only the model that wrote the answers can tell/,
  sacpo: /answers new problems in "Safety", and a file of examples has none that could be judged/,
};

describe('a person’s file of questions with solutions', () => {
  let trainer: TrainerApi;
  let ids: { model: string; data: string };
  const events: RunEvent[] = [];
  beforeAll(async () => {
    shared.store = createMemoryStore('');
    trainer = createTrainerApi('http://localhost/');
    await trainer.init('cpu');
    await trainer.subscribe(async (batch) => void events.push(...batch));
    const lines = judgedQuestions.map((question) => JSON.stringify(question)).join('\n');
    const model = await trainer.addModel(chatFolder());
    const data = await trainer.addDataset({ name: 'solutions.jsonl', data: new TextEncoder().encode(lines) });
    expect(data).toMatchObject({ format: 'solutions', mapping: { groundTruth: 'ground_truth' } });
    ids = { model: model.id, data: data.id };
  });
  afterAll(() => trainer.dispose());

  it.each(methods.map((method) => [method.id, method] as const))(
    '%s: the model and the file go the page’s whole way, or it says why not',
    async (id, method) => {
      const run = defaultRun(method, ids.model);
      const document = {
        ...run,
        method: {
          ...run.method,
          params: { ...run.method.params, ...(id === 'mallows-po' && { maxEntropy: 12 }) },
        },
        data: {
          ...run.data,
          source: null,
          wrappers: {},
          // It answers by itself, and a model that has learned nothing seldom comes to an end.
          ...(id === 'dice' && { maxTokens: 200 }),
          dataset: {
            id: ids.data,
            settings: { ...defaultDatasetSettings(), plainRows: 'chat' as const, heldOut: 0.25 },
          },
        },
        steps: 2,
        batchSize: 2,
        evaluation: { every: 0, problems: 2 },
        checkpointEvery: 0,
      };
      const refused = method.chapter === 'denoising' ? /learns from images.*has texts/ : refusals[id];
      if (refused) {
        await expect(trainer.checkDataset(document)).rejects.toThrow(refused);
        return;
      }
      const report = await trainer.checkDataset(document);
      expect(report.trees.train).toBeGreaterThan(0);
      events.length = 0;
      await trainer.create(document);
      expect((await trainer.start()).message).toMatch(/^Finished/);
      const rows = events.flatMap((event) => (event.kind === 'metrics' ? [event.metrics] : []));
      expect(rows.length).toBeGreaterThanOrEqual(2);
      for (const row of rows) expect(Object.values(row).every(Number.isFinite)).toBe(true);
      expect(Math.max(...rows.map((row) => row['grad_norm'] as number))).toBeGreaterThan(0);
      expect(events.filter(({ kind }) => kind === 'evaluation').length).toBeGreaterThanOrEqual(2);
    },
  );
});
