import { describe, expect, it } from 'vitest';
import { defaultDatasetSettings } from '../../../src/data/settings';
import { methodById, methods } from '../../../src/methods/index';
import type { Objective } from '../../../src/methods/objective';
import { logistic } from '../../../src/methods/pairwise/dpo';
import type { Pass } from '../../../src/methods/pass';
import { parseModelConfig } from '../../../src/model/config';
import { methodFacts } from '../../../src/run/method-facts';
import { estimateRun } from '../../../src/train/estimate';
import { describeMethod } from '../../../src/train/method-info';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultAdapter, defaultRun, parseRun } from '../../../src/train/run-document';
import type { DeviceFacts } from '../../../src/train/run-facts';

const infos = methods.map(describeMethod);

/** The shape of SmolLM2-135M, or of it made larger. */
const configOf = (changes: Record<string, unknown> = {}) =>
  parseModelConfig({
    model_type: 'llama',
    vocab_size: 49152,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    rms_norm_eps: 1e-5,
    rope_theta: 100_000,
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
    hidden_act: 'silu',
    bos_token_id: 1,
    eos_token_id: 2,
    ...changes,
  });
const large = configOf({
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 24,
  num_attention_heads: 32,
  num_key_value_heads: 32,
});

const documentOf = (changes: Partial<RunDocument> = {}): RunDocument => {
  const run = defaultRun(methods.find((m) => m.id === 'dpo')!, 'some/model');
  const dataset = { id: 'data-1', settings: { ...defaultDatasetSettings(), maxLength: 2048 } };
  return { ...run, data: { ...run.data, dataset }, batchSize: 8, ...changes };
};
const data = { meanTokens: 800, meanScored: 600, longest: 4000 };
const device: DeviceFacts = { backend: 'webgpu', largestBuffer: 2 ** 31, memory: 4 * 2 ** 30, flops: 1e11 };

const estimate = (document: RunDocument, { config = configOf(), on = device, facts = data } = {}) =>
  estimateRun({ config, weights: new Map(), document, data: facts, device: on }, defaultAdapter());

/** The document with a remedy's value, as the page sets it. */
const withValue = (document: RunDocument, field: string, value: unknown): RunDocument => {
  const copy = structuredClone(document) as unknown as Record<string, unknown>;
  const path = field.split('.');
  const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  holder[path.at(-1)!] = value;
  return parseRun(copy, infos);
};

describe('an estimate', () => {
  it('counts the weights as they are stored', () => {
    const model = (changes: Partial<RunDocument>) =>
      estimate(documentOf({ adapter: defaultAdapter(), ...changes })).parts.find((p) =>
        p.what.startsWith('model'),
      )!;
    const parameters = 134_515_008;
    expect(model({ weights: 'f32' }).bytes).toBe(4 * parameters);
    expect(model({ weights: 'f16' }).bytes / parameters).toBeCloseTo(2, 2);
    expect(model({ weights: 'int4' }).bytes / parameters).toBeCloseTo(0.625, 2);
  });

  it('puts int4, rank 8 and 2 x 512 tokens within 600 MB, the vocabulary within 20 MB', () => {
    const facts = { meanTokens: 512, meanScored: 512, longest: 512 };
    const run = documentOf({ adapter: defaultAdapter(), weights: 'int4', batchSize: 2, checkpointing: true });
    const { totalBytes, parts } = estimate(run, { facts });
    expect(totalBytes).toBeLessThan(600e6);
    expect(totalBytes).toBeGreaterThan(100e6);
    expect(parts.find((p) => p.what === 'vocabulary and loss')!.bytes).toBeLessThan(20e6);
  });

  it('counts whole logits where no shader streams them', () => {
    const run = documentOf({ adapter: defaultAdapter() });
    const of = (backend: DeviceFacts['backend']) =>
      estimate(run, { on: { ...device, backend } }).parts.find((p) => p.what === 'vocabulary and loss')!
        .bytes;
    expect(of('wasm')).toBeGreaterThan(4 * of('webgpu'));
  });

  it('takes less memory and more time with layers computed again', () => {
    const [kept, again] = [false, true].map((checkpointing) => estimate(documentOf({ checkpointing })));
    expect(again!.totalBytes).toBeLessThan(kept!.totalBytes);
    expect(again!.secondsPerStep).toBeGreaterThan(kept!.secondsPerStep!);
  });

  it('binds tables in parts, and the optimiser in segments: neither has to fit into one binding', () => {
    const on = { ...device, memory: 2 ** 33, largestBuffer: 100 * 2 ** 20 }; // the token table takes 113 MB, the optimiser's numbers 540
    const document = documentOf({ batchSize: 1, checkpointing: true });
    expect(estimate(document, { on }).problem).toMatch(/One piece of it takes 113 MB/);
    expect(estimate(document, { on: { ...on, largestTable: 256 * 2 ** 20 } }).problem).toBe('');
  });

  it.each([
    ['a large model', documentOf(), large, device],
    ['a large model in full precision', documentOf({ adapter: defaultAdapter() }), large, device],
    ['little memory', documentOf(), configOf(), { ...device, memory: 5e8 }],
    ['small buffers', documentOf(), configOf(), { ...device, largestBuffer: 128 * 2 ** 20 }],
    [
      'nothing but too long examples',
      documentOf({ adapter: defaultAdapter(), batchSize: 1, checkpointing: true, weights: 'int4' }),
      configOf(),
      { ...device, memory: 4e8 },
    ],
  ] as [string, RunDocument, typeof large, DeviceFacts][])(
    'names settings for %s that a run document takes, and that then fit',
    (_what, document, config, on) => {
      const first = estimate(document, { config, on });
      expect(first.fits).toBe(false);
      expect(first.problem).not.toBe('');
      expect(first.remedies.length).toBeGreaterThan(0);
      let changed = document;
      for (const { field, value, why } of first.remedies) {
        changed = withValue(changed, field, value);
        expect(why).not.toBe('');
      }
      expect(changed.batchSize * changed.accumulate).toBeGreaterThanOrEqual(document.batchSize);
      // As it would be once the data were read again, cut to the new length.
      const ratio = Math.min(1, (2 * changed.data.dataset!.settings.maxLength!) / data.longest);
      const facts = {
        meanTokens: data.meanTokens * ratio,
        meanScored: data.meanScored * ratio,
        longest: data.longest * ratio,
      };
      const then = estimate(changed, { config, on, facts });
      expect(then.fits).toBe(true);
      expect(then.totalBytes).toBeCloseTo(first.remedies.at(-1)!.totalBytes, -3);
    },
  );

  it('says when nothing would help', () => {
    const { fits, remedies, problem } = estimate(documentOf(), { on: { ...device, memory: 1e6 } });
    expect(fits).toBe(false);
    expect(remedies).toEqual([]);
    expect(problem).toMatch(/smaller model/);
  });
});

describe('an estimate for one pair of 2 x 512 tokens, rank 8 over int4', () => {
  // Peaks of GPU buffers in bytes, everything on the device counted, as `npm run bench -- --only loraMemory` measured them.
  it.each([
    { layers: 2, checkpointing: false, measured: 190e6 },
    { layers: 2, checkpointing: true, measured: 129e6 },
    { layers: 30, checkpointing: true, measured: 337e6 },
  ])('is near the peak of $layers layers, checkpointing $checkpointing', (row) => {
    const { layers, checkpointing, measured } = row;
    const adapter = { ...defaultAdapter(), rank: 8 };
    const document = documentOf({ adapter, weights: 'int4', batchSize: 1, checkpointing });
    const facts = { meanTokens: 1023, meanScored: 1022, longest: 1023 };
    const { totalBytes } = estimate(document, { config: configOf({ num_hidden_layers: layers }), facts });
    expect(totalBytes / measured).toBeGreaterThan(0.8);
    expect(totalBytes / measured).toBeLessThan(1.25);
  });
});

describe('an estimate that knows the method', () => {
  const config = configOf();
  const parameters = 4 * 134_515_008;
  const of = (method: { passes: () => readonly Pass[] }, changes: Partial<RunDocument> = {}) => {
    const document = documentOf(changes);
    const facts = { ...methodFacts(method, document), latency: 0 };
    return estimateRun(
      { config, weights: new Map(), document, data, device, method: facts },
      defaultAdapter(),
    );
  };
  const named = (id: string, changes: Partial<RunDocument> = {}) => {
    const { method } = defaultRun(methodById(id), 'some/model');
    const { passes } = methodById(id);
    return of({ passes: () => passes(method.params) }, { method, ...changes });
  };
  const bytes = ({ parts }: ReturnType<typeof of>, what: string) =>
    parts.find((part) => part.what === what)?.bytes ?? 0;
  const [reference, kept] = ['reference, while it is scored', 'weights kept for later passes'];

  it('counts a reference where there is one', () => {
    for (const id of ['sft', 'simpo', 'orpo']) expect(bytes(named(id), reference), id).toBe(0);
    for (const id of ['dpo', 'ipo', 'kto', 'tgdpo', 'madpo'])
      expect(bytes(named(id), reference), id).toBe(parameters);
    expect(named('dpo').totalBytes - named('simpo').totalBytes).toBe(parameters);
    expect(named('simpo').ahead.map(({ what }) => what)).not.toContain('scoring');
    expect(named('dpo').ahead.map(({ what }) => what)).toContain('scoring');
  });

  it('takes the reference beside an adapter for nothing, unless it is another adapter', () => {
    const adapter = defaultAdapter();
    expect(bytes(named('dpo', { adapter }), reference)).toBe(0);
    const continued = named('dpo', { adapter: { ...adapter, from: 'x', reference: 'adapter' } });
    expect(bytes(continued, reference)).toBe(bytes(continued, 'adapter'));
    const guided = named('tgdpo', { adapter });
    expect(bytes(guided, reference)).toBe(bytes(guided, 'adapter'));
    expect(bytes(guided, kept)).toBe(bytes(guided, 'adapter'));
  });

  it('counts the weights that passes leave to later ones, and a reference that follows', () => {
    expect(bytes(named('dpo'), kept)).toBe(0);
    expect(bytes(named('tgdpo'), kept)).toBe(parameters);
    const objective = logistic({ beta: 0.1 });
    const moving = { passes: () => [{ id: 'a', label: 'a', objective, refresh: { every: 10, mix: 1 } }] };
    expect(bytes(of(moving), kept)).toBe(parameters);
  });

  it('counts a few numbers for a head', () => {
    const svpo = named('svpo');
    expect(bytes(svpo, 'head')).toBe(4 * (576 + 1));
    expect(bytes(svpo, 'optimiser and gradients') - bytes(named('dpo'), 'optimiser and gradients')).toBe(
      5 * 4 * (576 + 1),
    );
    expect(bytes(named('dpo'), 'head')).toBe(0);
  });

  it('doubles the rows for log p(EOS), and the answers for those of other prompts', () => {
    const plain: Objective = logistic({ beta: 0.1 });
    const reading = (reads: Objective['reads']) => ({
      passes: () => [{ id: 'a', label: 'a', objective: { ...plain, reads: { ...plain.reads, ...reads } } }],
    });
    const wasm = (reads: Objective['reads']) => {
      const document = documentOf();
      const method = { ...methodFacts(reading(reads), document), latency: 0 };
      const on = { ...device, backend: 'wasm' as const };
      return estimateRun(
        { config, weights: new Map(), document, data, device: on, method },
        defaultAdapter(),
      );
    };
    const vocabulary = (reads: Objective['reads']) => bytes(wasm(reads), 'vocabulary and loss');
    expect(vocabulary({ stop: true })).toBe(2 * vocabulary({}));
    expect(bytes(wasm({ stop: true }), 'activations')).toBe(bytes(wasm({}), 'activations'));
    // 800 tokens of which 600 are answers: 200 + 2 x 600.
    expect(wasm({ mismatched: true }).tokensPerStep / wasm({}).tokensPerStep).toBeCloseTo(1400 / 800, 6);
    expect(bytes(wasm({ mismatched: true }), 'activations') / bytes(wasm({}), 'activations')).toBeCloseTo(
      1400 / 800,
      3,
    );
    expect(vocabulary({ mismatched: true }) / vocabulary({})).toBeCloseTo(2, 2);
    expect(wasm({ mismatched: true }).secondsPerStep).toBeGreaterThan(wasm({}).secondsPerStep!);
  });

  it('does not make answers slower to write where a method compares those of other prompts', () => {
    const written = (id: string) =>
      named(id, { data: { ...defaultRun(methodById(id), 'm').data } }).ahead.find(
        ({ what }) => what === 'measuring',
      )!;
    expect(written('kto').seconds).toBe(written('dpo').seconds);
  });
});
