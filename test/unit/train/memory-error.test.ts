import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { parseModelConfig } from '../../../src/model/config';
import { estimateRun } from '../../../src/train/estimate';
import { isOutOfMemory, memoryMessage } from '../../../src/train/memory-error';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultAdapter, defaultRun } from '../../../src/train/run-document';
import type { DeviceFacts } from '../../../src/train/run-facts';

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

describe('errors about memory', () => {
  it.each([
    ['RuntimeError', 'Aborted(). Build with -sASSERTIONS for more info.'],
    ['RuntimeError', 'abort(). Build with -s ASSERTIONS=1 for more info.'],
    ['RuntimeError', 'memory access out of bounds'],
    ['RuntimeError', 'index out of bounds: Out of memory'],
    ['RangeError', 'Array buffer allocation failed'],
    ['RangeError', 'Invalid typed array length: 8589934592'],
    ['RangeError', 'Invalid array length'],
    ['RangeError', 'Length out of range of buffer'],
    ['InternalError', 'allocation size overflow'],
    ['GpuError', 'The GPU refused a command: Out of memory'],
    [
      'GpuError',
      'The GPU refused a command: Buffer size (5368709120) exceeds the max buffer size limit (4294967296).',
    ],
    [
      'GpuError',
      'The GPU refused a command: Binding size (268435456) of [Buffer] is larger than the maximum storage buffer binding size (134217728).',
    ],
    ['GpuError', 'The GPU device was lost (Failed to allocate memory).'],
  ])('%s: %s', (name, message) => {
    expect(isOutOfMemory(named(name, message))).toBe(true);
  });

  it.each([
    ['RangeError', 'Maximum call stack size exceeded'],
    ['RangeError', 'toFixed() digits argument must be between 0 and 100'],
    ['RuntimeError', 'divide by zero'],
    [
      'GpuError',
      'The GPU device was lost (no reason given). Reload the page to go on from the last checkpoint.',
    ],
    ['GpuError', 'The GPU refused a command: [ShaderModule] is invalid.'],
    ['Error', 'data.dataset.id: there is no stored file "x"; add it first.'],
  ])('but not %s: %s', (name, message) => {
    expect(isOutOfMemory(named(name, message))).toBe(false);
  });
  it('but nothing that is no error', () => {
    expect(isOutOfMemory('out of memory')).toBe(false);
  });
});

describe('what is said of a run', () => {
  const config = parseModelConfig({
    model_type: 'llama',
    vocab_size: 1000,
    hidden_size: 256,
    intermediate_size: 512,
    num_hidden_layers: 4,
    num_attention_heads: 4,
  });
  const data = { meanTokens: 200, meanScored: 100, longest: 260 };
  const device = (memory: number): DeviceFacts => ({
    backend: 'wasm',
    largestBuffer: undefined,
    memory,
    flops: undefined,
  });
  const dpo = methods.find(({ id }) => id === 'dpo')!;
  const document = (change: Partial<RunDocument>): RunDocument => ({ ...defaultRun(dpo), ...change });
  const estimateOn = (memory: number) => (given: RunDocument) =>
    estimateRun(
      { config, weights: new Map(), document: given, data, device: device(memory) },
      defaultAdapter(),
    );

  it('names a batch that would fit, by the estimate', () => {
    const estimate = estimateOn(1.9 * 2 ** 30);
    const given = document({ batchSize: 4096, accumulate: 1 });
    const message = memoryMessage(given, 'training', estimate);
    const [, fitting, accumulate] =
      /^Batch size 4,096 does not fit into the memory here; ([\d,]+) would \(with accumulate ([\d,]+) /.exec(
        message,
      )!;
    const batchSize = Number(fitting!.replace(',', ''));
    expect(estimate({ ...given, batchSize }).fits).toBe(true);
    expect(estimate({ ...given, batchSize: 2 * batchSize }).fits).toBe(false);
    expect(batchSize * Number(accumulate!.replace(',', ''))).toBe(4096);
  });

  it('believes the device where the estimate did not see it coming', () => {
    const given = document({ batchSize: 24 });
    const estimate = estimateOn(1e15);
    const message = memoryMessage(given, 'training', estimate);
    const fitting = Number(/here; (\d+) would/.exec(message)![1]);
    expect(estimate({ ...given, batchSize: fitting }).totalBytes).toBeLessThanOrEqual(
      estimate(given).totalBytes / 2,
    );
  });

  it('says what else helps where no batch is small enough', () => {
    expect(
      memoryMessage(document({ batchSize: 1, checkpointing: false }), 'training', estimateOn(60e6)),
    ).toMatch(/^Batch size 1 does not fit into the memory here\. With .* it would fit\.$/);
    expect(memoryMessage(document({ batchSize: 8 }), 'training', estimateOn(1000))).toMatch(
      /or a smaller model\.$/,
    );
  });

  it('does not blame the batch for what the model takes', () => {
    const message = memoryMessage(document({}), 'loading', estimateOn(1000));
    expect(message).toMatch(/^The memory here ended while the model was loaded\. .*smaller model\.$/);
    expect(message).not.toMatch(/Batch size/);
  });
});
