import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelMeanings, labelWord } from '../../src/data/formats/labels';
import { defaultDatasetSettings, formatIds } from '../../src/data/settings';
import {
  defaultAdapter,
  defaultRun,
  parseRun,
  type RunDocument,
  weightStorages,
} from '../../src/train/run-document';
import { overlay, readHash, writeHash } from '../../src/ui/run-url';
import { fakeMethods } from '../support/fake-methods';

/* The run document in the URL, there and back, in a browser's own address. */

const dpo = fakeMethods.find((m) => m.id === 'dpo')!;

const text = (minLength: number, maxLength: number) =>
  fc
    .string({ unit: 'grapheme', minLength, maxLength })
    .filter((s) => s.length >= minLength && s.length <= maxLength && !/\p{Surrogate}/u.test(s));
/** Also what reads as something else: numbers, nothing, yes and no. */
const awkward = (minLength: number, maxLength: number) =>
  fc.oneof(
    text(minLength, maxLength),
    fc
      .constantFrom('null', 'true', '12', '1e3', ' ', 'a,b', 'a\\,b', '\\', ',', 'a&b=c#d%20+', '\n"')
      .filter((s) => s.length >= minLength),
  );
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const column = awkward(1, 40);
const length = orNull(fc.integer({ min: 2, max: 1_000_000 }));

const settings = fc.record({
  format: fc.constantFrom('auto' as const, ...formatIds),
  mapping: fc.record(
    {
      ...Object.fromEntries(
        [
          'system',
          'prompt',
          'chosen',
          'rejected',
          'margin',
          'first',
          'second',
          'better',
          'completion',
          'label',
          'responses',
          'scores',
          'prefix',
          'fullChosen',
          'fullRejected',
          'messages',
          'groundTruth',
        ].map((part) => [part, column]),
      ),
      solutions: fc.array(column, { minLength: 1, maxLength: 5 }),
    },
    { requiredKeys: [] },
  ),
  encoding: fc.constantFrom('utf-8', 'cp1252', 'shift_jis'),
  // One word for each, so that none means two things.
  labels: fc
    .uniqueArray(awkward(1, 20), { maxLength: 4, selector: labelWord })
    .map((words) => Object.fromEntries(words.map((word, i) => [labelMeanings[i]!, [word]]))),
  template: fc.constantFrom('model' as const, 'plain' as const, 'none' as const),
  plainRows: fc.constantFrom('text' as const, 'chat' as const),
  turns: fc.constantFrom('all' as const, 'last' as const),
  system: awkward(0, 200),
  bos: fc.constantFrom('auto' as const, 'add' as const, 'none' as const),
  maxLength: length,
  maxPromptLength: length,
  maxCompletionLength: length,
  truncationMode: fc.constantFrom('keep_start' as const, 'keep_end' as const),
  steps: fc.oneof(
    fc.record({
      rule: fc.constantFrom('whole' as const, 'line' as const, 'sentence' as const, 'step' as const),
    }),
    fc.record({ rule: fc.constant('pattern' as const), pattern: awkward(0, 60) }),
  ),
  annotations: fc.constantFrom('keep' as const, 'remove' as const),
  pairsPerRow: fc.integer({ min: 1, max: 64 }),
  rankedPairs: fc.constantFrom('all' as const, 'adjacent' as const),
  pairUnpaired: fc.boolean(),
  heldOut: real(0, 0.9),
  limit: orNull(fc.integer({ min: 1, max: 2_000_000 })),
});

const adapter = fc.record({
  rank: fc.integer({ min: 1, max: 256 }),
  alpha: real(0.001, 100_000),
  dropout: real(0, 0.9),
  rsLora: fc.boolean(),
  targetModules: fc.array(column, { maxLength: 6 }),
  from: orNull(text(1, 60).filter((s) => s !== 'null')),
  reference: fc.constantFrom('base' as const, 'adapter' as const),
});

const documents = fc
  .record({
    version: fc.constant(1 as const),
    model: awkward(1, 80),
    weights: fc.constantFrom(...weightStorages),
    adapter: orNull(adapter),
    checkpointing: fc.boolean(),
    method: fc.record({ id: fc.constant('dpo'), params: fc.record({ beta: real(0.001, 5) }) }),
    data: fc.record({
      task: awkward(0, 20),
      difficulty: awkward(0, 20),
      trees: fc.integer({ min: 1, max: 100_000 }),
      maxTokens: fc.integer({ min: 4, max: 4096 }),
      dataset: orNull(fc.record({ id: awkward(1, 60), settings })),
    }),
    optimizer: fc.record({
      learningRate: real(0, 1),
      beta1: real(0, 0.9999),
      beta2: real(0, 0.999999),
      epsilon: real(1e-12, 1e-2),
      weightDecay: real(0, 1),
      maxGradNorm: real(0, 1e6),
    }),
    schedule: fc.record({
      kind: fc.constantFrom('constant' as const, 'linear' as const, 'cosine' as const),
      warmup: real(0, 1),
    }),
    steps: fc.integer({ min: 1, max: 1_000_000 }),
    batchSize: fc.integer({ min: 1, max: 4096 }),
    accumulate: fc.integer({ min: 1, max: 4096 }),
    evaluation: fc.record({
      every: fc.integer({ min: 0, max: 1_000_000 }),
      problems: fc.integer({ min: 0, max: 10_000 }),
    }),
    checkpointEvery: fc.integer({ min: 0, max: 1_000_000 }),
    seed: fc.integer({ min: 0, max: 4_294_967_295 }),
    backend: fc.constantFrom('auto' as const, 'webgpu' as const, 'wasm' as const, 'cpu' as const),
  })
  .filter((run) => run.adapter !== null || run.weights === 'f32');

const base = defaultRun(dpo);

const thereAndBack = (run: RunDocument): RunDocument => {
  history.replaceState(null, '', `#${writeHash(run, base)}`);
  return parseRun(overlay(base, readHash(location.hash).fields), [dpo]);
};

describe('the URL', () => {
  it('gives every valid document back', () => {
    fc.assert(
      fc.property(documents, (candidate) => {
        const run = parseRun(candidate, [dpo]);
        // Negative zero has no address of its own.
        expect(JSON.parse(JSON.stringify(thereAndBack(run)))).toEqual(JSON.parse(JSON.stringify(run)));
      }),
      { seed: 3, numRuns: 400 },
    );
    history.replaceState(null, '', location.pathname + location.search);
  });

  it('holds only what differs from the defaults', () => {
    expect(writeHash(base, base)).toBe('');
    const plain: RunDocument = { ...base, adapter: defaultAdapter() };
    expect(writeHash(plain, base)).toBe('adapter.rank=8');
    const dataset = { id: 'data-1', settings: { ...defaultDatasetSettings(), heldOut: 0.2 } };
    expect(writeHash({ ...base, steps: 50, data: { ...base.data, dataset } }, base)).toBe(
      'data.dataset.id=data-1&data.dataset.settings.heldOut=0.2&steps=50',
    );
  });

  it('may name a section beside the fields', () => {
    expect(readHash('#at=credit&steps=3&start=1')).toMatchObject({
      at: 'credit',
      start: true,
      fields: { steps: 3 },
    });
    expect(readHash('#at=credit')).toEqual({ at: 'credit', start: false, fields: undefined });
  });

  it('is readable: nothing, yes and no, and lists', () => {
    const { fields } = readHash(
      '#adapter.targetModules=q_proj,v_proj&adapter.rsLora=true&adapter.from=null&checkpointing=false&data.dataset=null&steps=3&model=12',
    );
    expect(JSON.parse(JSON.stringify(fields))).toEqual({
      adapter: { targetModules: ['q_proj', 'v_proj'], rsLora: true, from: null },
      checkpointing: false,
      data: { dataset: null },
      steps: 3,
      model: '12',
    });
    expect(readHash('#adapter.targetModules=').fields).toMatchObject({ adapter: { targetModules: [] } });
  });

  it('never holds half a character', () => {
    const run = parseRun(fc.sample(documents, { seed: 1, numRuns: 1 })[0], [dpo]);
    const broken = { ...run, data: { ...run.data, task: 'a\ud800b' } };
    expect(thereAndBack(broken).data.task).toBe('a\ufffdb');
    history.replaceState(null, '', location.pathname + location.search);
  });
});
