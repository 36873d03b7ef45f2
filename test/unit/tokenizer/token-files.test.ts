import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTokenizer, TokenizerError } from '../../../src/tokenizer/load';

type Files = Record<string, Record<string, unknown>>;

/** What test/golden/make_token_files.py stores. */
const { texts, folders } = JSON.parse(
  readFileSync(new URL('../../golden/token-files.json', import.meta.url), 'utf8'),
) as {
  texts: string[];
  folders: Record<
    string,
    {
      files: Files;
      ids: number[][];
      decoded: [string, string][];
      special: Record<'bos' | 'eos' | 'pad', number | null>;
    }
  >;
};

const load = (files: Files) =>
  loadTokenizer(files['tokenizer.json'], files['tokenizer_config.json'], {}, 0, {
    specialTokensMap: files['special_tokens_map.json'],
    addedTokens: files['added_tokens.json'],
  });

describe('tokens named in one file or another, as transformers puts them together', () => {
  it.each(Object.entries(folders))('%s', (_, { files, ids, decoded, special }) => {
    const before = JSON.stringify(files);
    const tokenizer = load(files);
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(ids);
    expect(
      ids.map((some) => [tokenizer.decode(some, { keepSpecial: true }), tokenizer.decode(some)]),
    ).toEqual(decoded);
    const { bos, eos, pad } = tokenizer;
    expect({ bos, eos, pad }).toEqual({
      bos: special.bos ?? undefined,
      eos: special.eos,
      pad: special.pad ?? eos,
    });
    expect(JSON.stringify(files)).toBe(before);
  });

  it('objects to two tokens with one id, and to what is no token', () => {
    const { files } = folders['named-only']!;
    const withDecoder = (decoder: unknown): Files => ({
      ...files,
      'tokenizer_config.json': { ...files['tokenizer_config.json'], added_tokens_decoder: decoder },
    });
    expect(() => load(withDecoder({ 4: { content: '<x>' } }))).toThrow(
      /"<x>" has id 4, which is that of "a"/,
    );
    expect(() => load(withDecoder({ x: { content: '<x>' } }))).toThrow(
      /added_tokens_decoder\["x"\]: must be an id/,
    );
    expect(() => load(withDecoder([]))).toThrow(TokenizerError);
    expect(() => load({ ...files, 'added_tokens.json': { '<x>': 'y' } })).toThrow(
      /added_tokens\.json, "<x>": "y"/,
    );
  });
});
