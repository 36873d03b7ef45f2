import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelFilesError, modelFromFiles } from '../../../src/load/model-from-files';
import { CheckpointError } from '../../../src/model/checkpoint';
import { ModelConfigError, parseModelConfig } from '../../../src/model/config';
import { SafetensorsError } from '../../../src/model/safetensors';
import { ParametersError } from '../../../src/model/weights';
import { loadTokenizer, TokenizerError } from '../../../src/tokenizer/load';
import { charTokenizer } from '../../support/char-tokenizer';
import { damaged } from '../../support/damage';

const families = join(process.cwd(), 'test/golden/families');
const bytesOf = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
const jsonOf = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** The folder of a sharded model with every file that is read. */
const folder = (): Map<string, Uint8Array> => {
  const own = join(families, 'mistral');
  const { tokenizerJson, tokenizerConfig } = charTokenizer();
  return new Map([
    ...readdirSync(own).map((name) => [name, new Uint8Array(readFileSync(join(own, name)))] as const),
    ['tokenizer.json', bytesOf(tokenizerJson)] as const,
    [
      'tokenizer_config.json',
      bytesOf({ ...tokenizerConfig, chat_template: [{ name: 'default', template: 'x' }] }),
    ],
    ['generation_config.json', bytesOf({ eos_token_id: [2, 5], pad_token_id: 0 })],
  ]);
};
const summary = { id: 'x', name: 'x', description: '', parameters: 0, builtIn: false };
const ownErrors = [
  CheckpointError,
  ModelConfigError,
  SafetensorsError,
  ParametersError,
  TokenizerError,
  ModelFilesError,
];

/** Runs a reader; what it throws must be an error of ours with a message, and soon. Returns the message, if any. */
const tried = async (read: () => unknown): Promise<string | undefined> => {
  const start = performance.now();
  try {
    await read();
    return undefined;
  } catch (error) {
    if (!ownErrors.some((Kind) => error instanceof Kind)) throw error;
    return (error as Error).message;
  } finally {
    expect(performance.now() - start).toBeLessThan(3000);
  }
};

const runs = { numRuns: 2000, seed: 3 };

describe('a damaged model', () => {
  it.each([
    ['config.json', /config\.json|weights do not fit|vocab_size/],
    ['model.safetensors.index.json', /model\.safetensors\.index\.json|weights do not fit/],
    ['tokenizer.json', /tokenizer\.json|tokenizer_config\.json|config\.json|tokenizer has/],
    ['tokenizer_config.json', /tokenizer_config\.json|tokenizer\.json|config\.json/],
    ['generation_config.json', /generation_config\.json|config\.json/],
  ])('with another %s is read or refused by name', async (name, message) => {
    const whole = folder();
    expect(await tried(() => modelFromFiles(summary, whole))).toBeUndefined();
    const document = JSON.parse(new TextDecoder().decode(whole.get(name))) as unknown;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(damaged(document), async (bytes) => {
        const reason = await tried(() => modelFromFiles(summary, new Map([...whole, [name, bytes]])));
        if (reason === undefined) return;
        refused++;
        expect(reason).toMatch(message);
        expect(reason.length).toBeLessThan(4000);
      }),
      runs,
    );
    expect(refused).toBeGreaterThan(runs.numRuns / 10);
  });

  it('of any family is read or refused by its configuration', async () => {
    const configs = readdirSync(families).map((name) => jsonOf(join(families, name, 'config.json')));
    const text = fc.constantFrom(...configs).chain(damaged);
    await fc.assert(
      fc.asyncProperty(text, async (bytes) => {
        let json: unknown;
        try {
          json = JSON.parse(new TextDecoder().decode(bytes));
        } catch {
          return;
        }
        const reason = await tried(() => parseModelConfig(json));
        if (reason !== undefined) expect(reason).toMatch(/^config\.json cannot be used:\n- \w/);
      }),
      { numRuns: 4000, seed: 4 },
    );
  });
});

describe('a damaged tokenizer', () => {
  const kinds = join(process.cwd(), 'test/golden/tokenizers');
  it.each(readdirSync(kinds))('like %s is read or refused, and so is what it does', async (file) => {
    const { tokenizer } = jsonOf(join(kinds, file)) as {
      tokenizer: { model: { vocab: object; merges: unknown[] } };
    };
    let refused = 0;
    let used = 0;
    await fc.assert(
      fc.asyncProperty(damaged(tokenizer), fc.boolean(), async (bytes, small) => {
        let json: unknown;
        try {
          json = JSON.parse(new TextDecoder().decode(bytes));
        } catch {
          return;
        }
        const reason = await tried(() => {
          const made = loadTokenizer(
            json,
            { eos_token: small ? '<|im_end|>' : undefined },
            { eos_token_id: 1 },
          );
          const ids = made.encode(' Hello 48/2 ü\n<|im_end|> x');
          made.decode(ids);
          if (ids.length > 0) made.token(ids[0]!);
          used++;
        });
        if (reason !== undefined) {
          refused++;
          expect(reason).toMatch(
            /tokenizer\.json|tokenizer_config\.json|tokenizer has|There is no token|config\.json/,
          );
        }
      }),
      { numRuns: 500, seed: 5 },
    );
    expect(refused).toBeGreaterThan(10);
    expect(used).toBeGreaterThan(10);
  });
});
