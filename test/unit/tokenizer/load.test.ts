import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTokenizerFits, loadTokenizer, TokenizerError } from '../../../src/tokenizer/load';
import { arithmeticCharacters, charTokenizer } from '../../support/char-tokenizer';

const { tokenizerJson, tokenizerConfig } = charTokenizer();
const tokenizer = loadTokenizer(tokenizerJson, tokenizerConfig);

describe('a character tokenizer', () => {
  it('has the ids that Hugging Face tokenizers 0.23 gives for the same file', () => {
    expect(tokenizer).toMatchObject({ vocabSize: 32, pad: 0, bos: 1, eos: 2 });
    expect(tokenizer.encode('12+3*4=\n12 + 3 = 15\n\nA: 60<eos>')).toEqual([
      4, 5, 13, 6, 15, 7, 16, 17, 4, 5, 20, 13, 20, 6, 20, 16, 20, 4, 8, 17, 17, 18, 19, 20, 9, 3, 2,
    ]);
    expect(tokenizer.encode(' \n 7')).toEqual([20, 17, 20, 10]);
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('gives back any text of its characters, newlines and runs of spaces too', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...arithmeticCharacters), { maxLength: 300 }), (characters) => {
        const text = characters.join('');
        const ids = tokenizer.encode(text);
        expect(ids).toEqual(characters.map((c) => 3 + arithmeticCharacters.indexOf(c)));
        expect(tokenizer.decode(ids)).toBe(text);
        expect(ids.map((id) => tokenizer.token(id)).join('')).toBe(text);
      }),
    );
  });

  it('leaves special tokens out of the text unless asked', () => {
    const ids = [tokenizer.bos!, ...tokenizer.encode('A: 7'), tokenizer.eos, tokenizer.pad];
    expect(tokenizer.decode(ids)).toBe('A: 7');
    expect(tokenizer.decode(ids, { keepSpecial: true })).toBe('<bos>A: 7<eos><pad>');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.token(2)).toBe('<eos>');
  });

  it('says which character it cannot write, and which id it lacks', () => {
    expect(() => tokenizer.encode('1+ü')).toThrow('no token for "ü" (character 2 of the text)');
    expect(() => tokenizer.decode([3, 32])).toThrow(/There is no token 32; ids are 0 to 31/);
    expect(() => tokenizer.decode([-1])).toThrow(TokenizerError);
    expect(() => tokenizer.token(0.5)).toThrow(TokenizerError);
  });

  it('has no text for the rows that pad an embedding', () => {
    const padded = loadTokenizer(tokenizerJson, tokenizerConfig, {}, 40);
    expect(padded.decode([39, ...padded.encode('1+2'), 32])).toBe('1+2');
    expect(padded.decode([39])).toBe('');
    expect(padded.token(39)).toBe('[39]');
    expect(() => padded.decode([40])).toThrow(/There is no token 40/);
    expect(padded.vocabSize).toBe(32);
  });

  it('must fit the embedding', () => {
    expect(() => checkTokenizerFits(tokenizer, 32)).not.toThrow();
    expect(() => checkTokenizerFits(tokenizer, 40)).not.toThrow();
    expect(() => checkTokenizerFits(tokenizer, 31)).toThrow(/ids up to 31, but the model's vocab_size is 31/);
  });
});

describe('a byte-level BPE with merges', () => {
  // As GPT-2 and Llama 3 have it, cut down: Ġ is the space, Ċ the newline.
  const vocab = ['a', 'b', 'Ġ', 'Ċ', 'ab', 'Ġab', 'Ã', '¼'];
  const json = {
    version: '1.0',
    added_tokens: [
      {
        id: 8,
        content: '<|end|>',
        special: true,
        normalized: false,
        lstrip: false,
        rstrip: false,
        single_word: false,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
      merges: [
        ['a', 'b'],
        ['Ġ', 'ab'],
      ],
    },
  };
  const bpe = loadTokenizer(json, {}, { eos_token_id: [8, 3] });

  it('merges, takes eos from config.json and uses it for padding', () => {
    expect(bpe).toMatchObject({ vocabSize: 9, bos: undefined, eos: 8, pad: 8 });
    expect(bpe.encode('ab ab\nü<|end|>')).toEqual([4, 5, 3, 6, 7, 8]);
    expect(bpe.decode([4, 5, 3, 6, 7, 8])).toBe('ab ab\nü');
    expect(bpe.token(5)).toBe(' ab');
  });

  it('does not change the files it was given', () => {
    const { added_tokens: _, ...rest } = json;
    const before = JSON.stringify(rest);
    loadTokenizer(rest, { eos_token: { content: 'a' } });
    expect(JSON.stringify(rest)).toBe(before);
  });
});

describe('malformed files', () => {
  const withModel = (model: object) => ({
    ...tokenizerJson,
    model: { ...(tokenizerJson['model'] as object), ...model },
  });
  const cases: [string, unknown, unknown, RegExp][] = [
    ['not an object', [], tokenizerConfig, /^tokenizer\.json must be a JSON object, but is a list/],
    ['null', null, tokenizerConfig, /^tokenizer\.json must be a JSON object, but is null/],
    ['config text', tokenizerJson, 'x', /^tokenizer_config\.json must be a JSON object, but is string/],
    ['no model', { ...tokenizerJson, model: undefined }, tokenizerConfig, /field "model"/],
    ['no vocabulary', withModel({ vocab: undefined }), tokenizerConfig, /model\.vocab: must map/],
    ['text id', withModel({ vocab: { a: 'x' } }), tokenizerConfig, /model\.vocab\["a"\]: token id "x"/],
    ['negative id', withModel({ vocab: { a: -1 } }), tokenizerConfig, /token id -1/],
    ['huge id', withModel({ vocab: { a: 1e9 } }), tokenizerConfig, /token id 1000000000/],
    [
      'repeated id',
      withModel({ vocab: { a: 0, b: 0 } }),
      tokenizerConfig,
      /\["b"\]: id 0 is also that of "a"/,
    ],
    [
      'no merges',
      withModel({ merges: undefined }),
      tokenizerConfig,
      /^tokenizer\.json, model\.merges: must be a list/,
    ],
    ['unknown model', withModel({ type: 'Morse' }), tokenizerConfig, /model\.type: "Morse" is not known/],
    ['added tokens', { ...tokenizerJson, added_tokens: {} }, tokenizerConfig, /added_tokens: must be a list/],
    [
      'added token',
      { ...tokenizerJson, added_tokens: [{ id: 1 }] },
      tokenizerConfig,
      /added_tokens\[0\]\.content/,
    ],
    [
      'a part that is not known',
      { ...tokenizerJson, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'UnicodeScripts' }] } },
      tokenizerConfig,
      /pre_tokenizer\.pretokenizers\[0\]\.type: "UnicodeScripts" is not supported; BertPreTokenizer, /,
    ],
    [
      'an expression that cannot be read',
      { ...tokenizerJson, normalizer: { type: 'Replace', pattern: { Regex: '(a' }, content: '' } },
      tokenizerConfig,
      /normalizer\.pattern: this regular expression cannot be used here/,
    ],
    ['chance', withModel({ dropout: 0.1 }), tokenizerConfig, /model\.dropout: merges are left out by chance/],
    ['foreign eos', tokenizerJson, { eos_token: '</s>' }, /eos_token: "<\/s>" is not in the vocabulary/],
    ['no eos', tokenizerJson, {}, /eos_token: is missing/],
  ];
  it.each(cases)('%s', (_, json, config, message) => {
    expect(() => loadTokenizer(json, config)).toThrow(TokenizerError);
    expect(() => loadTokenizer(json, config)).toThrow(message);
  });

  it('an id of config.json that the tokenizer lacks', () => {
    expect(() => loadTokenizer(tokenizerJson, {}, { eos_token_id: 99 })).toThrow(
      /eos_token_id: 99 is not an id/,
    );
  });
});
