import { describe, expect, it } from 'vitest';
import { hashedAdapter } from '../../../scripts/real-model/hashed-adapter.mjs';
import { methods } from '../../../src/methods/index';
import { parseModelConfig } from '../../../src/model/config';
import { linearModules } from '../../../src/model/linear-modules';
import { readPeftAdapter } from '../../../src/model/peft';
import { describeMethod } from '../../../src/train/method-info';
import { defaultAdapter, defaultRun, parseRun, RunDocumentError } from '../../../src/train/run-document';
import { hashedLora } from '../../support/hashed-lora';

const infos = methods.map(describeMethod);

type Json = Record<string, unknown>;
const good = () => defaultRun(methods.find((m) => m.id === 'dpo')!);
const adapted = (changes: Json) => ({ ...good(), adapter: { ...defaultAdapter(), ...changes } });
const withDataset = (dataset: unknown) => ({ ...good(), data: { ...good().data, dataset } });
const withSettings = (settings: Json) => withDataset({ id: 'data-1', settings });
const problemsOf = (value: unknown) => {
  try {
    parseRun(value, infos);
  } catch (error) {
    expect(error).toBeInstanceOf(RunDocumentError);
    return (error as RunDocumentError).problems;
  }
  throw new Error('the document was taken');
};

describe('run documents with a model, data and an adapter of one’s own', () => {
  it('reads a document from before they were there as it was meant', () => {
    const { weights: _w, adapter: _a, checkpointing: _c, data, ...old } = good();
    const { dataset: _d, ...oldData } = data;
    const run = parseRun({ ...old, data: oldData }, infos);
    expect(run).toEqual(good());
    expect(run).toMatchObject({
      weights: 'f32',
      adapter: null,
      checkpointing: false,
      data: { dataset: null },
    });
  });

  it('fills in what is left out of an adapter and a dataset', () => {
    const run = parseRun({ ...withDataset({ id: 'data-1' }), adapter: {}, weights: 'file' }, infos);
    expect(run.adapter).toEqual(defaultAdapter());
    expect(run.data.dataset).toMatchObject({ id: 'data-1', settings: { format: 'auto', maxLength: 1024 } });
  });

  it.each([
    ['weights', { ...good(), weights: 'int3' }],
    ['weights', { ...good(), weights: 'int4' }], // all weights are trained
    ['weights', { ...good(), weights: 'file' }],
    ['checkpointing', { ...good(), checkpointing: 'yes' }],
    ['adapter', { ...good(), adapter: 8 }],
    ['adapter', adapted({ r: 8 })],
    ['adapter.rank', adapted({ rank: 0 })],
    ['adapter.rank', adapted({ rank: 1.5 })],
    ['adapter.alpha', adapted({ alpha: 0 })],
    ['adapter.dropout', adapted({ dropout: 1 })],
    ['adapter.rsLora', adapted({ rsLora: 1 })],
    ['adapter.targetModules', adapted({ targetModules: 'q_proj' })],
    ['adapter.targetModules.0', adapted({ targetModules: [''] })],
    ['adapter.from', adapted({ from: '' })],
    ['adapter.reference', adapted({ reference: 'mine' })],
    ['data.dataset', withDataset('data-1')],
    ['data.dataset.id', withDataset({ settings: {} })],
    ['data.dataset.settings', withSettings({ max_length: 5 })],
    ['data.dataset.settings.format', withSettings({ format: 'xml' })],
    ['data.dataset.settings.maxLength', withSettings({ maxLength: 1 })],
    ['data.dataset.settings.heldOut', withSettings({ heldOut: 1 })],
    ['data.dataset.settings.mapping', withSettings({ mapping: { promt: 'a' } })],
    ['data.dataset.settings.mapping.prompt', withSettings({ mapping: { prompt: 3 } })],
    ['data.dataset.settings.steps.rule', withSettings({ steps: { rule: 'verse' } })],
    ['method.params.toString', { ...good(), method: { id: 'dpo', params: { beta: 0.1, toString: 1 } } }],
  ] as [string, unknown][])('names %s when it is wrong', (field, value) => {
    const [problem] = problemsOf(value);
    expect(problem!.field).toBe(field);
    expect(problem!.message).toMatch(/use |should be|unknown field|not a parameter/);
  });

  it('takes nothing from a document’s prototype', () => {
    const text = JSON.stringify(good()).replace('{', '{"__proto__":{"steps":3},');
    const read = () => parseRun(JSON.parse(text), infos);
    let run: unknown;
    try {
      run = read();
    } catch (error) {
      expect(error).toBeInstanceOf(RunDocumentError);
    }
    if (run) expect(Object.getPrototypeOf(run)).toBe(Object.prototype);
    expect(({} as Json)['steps']).toBeUndefined();
  });
});

describe('the adapter of the real model’s test', () => {
  it('is the same from the script, without the library, as from the test’s own', () => {
    const config = parseModelConfig({
      model_type: 'llama',
      vocab_size: 64,
      hidden_size: 576,
      intermediate_size: 1536,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      rms_norm_eps: 1e-5,
      rope_theta: 100_000,
      max_position_embeddings: 64,
      tie_word_embeddings: true,
      hidden_act: 'silu',
      bos_token_id: 1,
      eos_token_id: 2,
    });
    const modules = linearModules(config);
    const files = new Map(
      hashedAdapter({
        rank: 2,
        alpha: 4,
        targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
      }),
    );
    const { tensors } = readPeftAdapter(files, modules);
    const expected = hashedLora(modules, 2);
    expect([...tensors.keys()]).toEqual([...expected.keys()]);
    for (const [name, { data, shape }] of expected) {
      const found = tensors.get(name)!;
      expect(found.shape).toEqual(shape);
      expect(
        Buffer.compare(
          Buffer.from(found.data.buffer, found.data.byteOffset, found.data.byteLength),
          Buffer.from(data.buffer),
        ),
        name,
      ).toBe(0);
    }
  });
});
