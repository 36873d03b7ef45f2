import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseModelConfig } from '../../../src/model/config';
import { linearModules } from '../../../src/model/linear-modules';
import { LoraError } from '../../../src/model/lora';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, readPeftAdapter } from '../../../src/model/peft';
import { SafetensorsError } from '../../../src/model/safetensors';
import { damaged } from '../../support/damage';
import { goldenJson } from '../../support/golden-files';
import { goldenFiles } from '../../support/golden-node';

const config = parseModelConfig(await goldenJson(goldenFiles, 'trl/base/config.json'));
const modules = linearModules(config);
const files = new Map(
  await Promise.all(
    [ADAPTER_CONFIG, ADAPTER_WEIGHTS].map(
      async (name) => [name, await goldenFiles.bytes(`peft/subset/${name}`)] as const,
    ),
  ),
);

/** One change. Places are shares of the length, scrambled, because fast-check prefers small numbers. */
const share = fc.nat(2 ** 31 - 1).map((n) => (Math.imul(n, 0x9e3779b1) >>> 0) / 2 ** 32);
const byteChange = fc.record({
  kind: fc.constantFrom('set', 'flip', 'insert', 'remove', 'cut'),
  at: share,
  value: fc.nat(255),
});
type ByteChange = { kind: string; at: number; value: number };

const changed = (bytes: Uint8Array, { kind, at, value }: ByteChange): Uint8Array => {
  const i = Math.floor(at * bytes.length);
  switch (kind) {
    case 'set':
      return bytes.map((b, j) => (j === i ? value : b));
    case 'flip':
      return bytes.map((b, j) => (j === i ? b ^ (1 << (value % 8)) : b));
    case 'insert':
      return Uint8Array.of(...bytes.subarray(0, i), value, ...bytes.subarray(i));
    case 'remove':
      return Uint8Array.of(...bytes.subarray(0, i), ...bytes.subarray(i + 1 + (value % 40)));
    default:
      return bytes.slice(0, i);
  }
};

const json = JSON.parse(new TextDecoder().decode(files.get(ADAPTER_CONFIG))) as unknown;

const changedFiles = fc.oneof(
  damaged(json).map((bytes) => new Map([...files, [ADAPTER_CONFIG, bytes]])),
  fc.array(byteChange, { minLength: 1, maxLength: 3 }).map((changes) => {
    const bytes = changes.reduce(changed, files.get(ADAPTER_WEIGHTS)!);
    return new Map([...files, [ADAPTER_WEIGHTS, bytes]]);
  }),
  // The header of the weights, where all that can be misread is.
  fc.array(byteChange, { minLength: 1, maxLength: 2 }).map((changes) => {
    const bytes = files.get(ADAPTER_WEIGHTS)!;
    const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const head = changes.reduce(changed, bytes.slice(0, end));
    return new Map([...files, [ADAPTER_WEIGHTS, Uint8Array.of(...head, ...bytes.subarray(end))]]);
  }),
);

it('a damaged adapter is read or refused with a reason that names the file', () => {
  let refused = 0;
  let read = 0;
  fc.assert(
    fc.property(changedFiles, (input) => {
      try {
        const { settings, tensors } = readPeftAdapter(input, modules);
        let elements = 0;
        for (const { data } of tensors.values()) elements += data.length;
        expect(elements * 2).toBeLessThanOrEqual(input.get(ADAPTER_WEIGHTS)!.length);
        expect(settings.rank).toBe(2); // the shapes say so
        read++;
      } catch (error) {
        if (!(error instanceof LoraError) && !(error instanceof SafetensorsError)) throw error;
        expect(error.message).toMatch(/adapter_|targetModules/);
        expect(error.message.length).toBeLessThan(2000);
        refused++;
      }
    }),
    { numRuns: 3000, seed: 9 },
  );
  expect(refused).toBeGreaterThan(1000);
  expect(read).toBeGreaterThan(200);
});
