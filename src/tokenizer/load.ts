import { cleanUp } from './decoders';
import type { Json } from './error';
import { isObject, quoted, TokenizerError } from './error';
import type { TokenizerFiles } from './merge-files';
import { contentOf, mergeTokenizerFiles } from './merge-files';
import type { Engine } from './read-tokenizer';
import { readTokenizer } from './read-tokenizer';
import type { Tokenizer } from './tokenizer';

export { TokenizerError };

const asObject = (value: unknown, what: string): Json => {
  if (!isObject(value)) {
    throw new TokenizerError(
      `${what} must be a JSON object, but is ${Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value}. Take the file of that name from the model's own folder.`,
    );
  }
  return value;
};

/** `eos_token_id` of config.json is a number or a list of them, the first of which counts. A negative one means none. */
const firstId = (value: unknown): number | undefined => {
  const id = Array.isArray(value) ? (value as unknown[])[0] : value;
  return Number.isInteger(id) && (id as number) >= 0 ? (id as number) : undefined;
};

const findSpecial = (
  engine: Engine,
  name: 'bos' | 'eos' | 'pad',
  tokenizerConfig: Json,
  config: Json,
): number | undefined => {
  const content = contentOf(tokenizerConfig[`${name}_token`]);
  if (content === undefined) return firstId(config[`${name}_token_id`]);
  const id = engine.id(content);
  if (id === undefined && name === 'pad') return undefined; // nothing is padded with it here
  if (id === undefined) {
    throw new TokenizerError(
      `tokenizer_config.json, ${name}_token: ${quoted(content)} is not in the vocabulary of tokenizer.json. The two files belong to different models.`,
    );
  }
  return id;
};

/**
 * True for a model that would drop characters it does not know without a word: BPE with no unknown token and no byte
 * fallback over unchanged text. Its tokens then spell the text, which `encode` checks.
 */
const spellsText = (json: Json): boolean => {
  const model = json['model'] as Json;
  const isBpe = model['type'] === 'BPE' || (model['type'] === undefined && 'merges' in model);
  const changes = ['normalizer', 'pre_tokenizer', 'post_processor'].some((part) => json[part] != null);
  return (
    isBpe &&
    !changes &&
    model['unk_token'] == null &&
    model['byte_fallback'] !== true &&
    !model['end_of_word_suffix'] &&
    !model['continuing_subword_prefix']
  );
};

const checkSpelling = (text: string, tokens: readonly string[]) => {
  if (tokens.join('') === text) return;
  let at = 0;
  for (const token of tokens) {
    if (!text.startsWith(token, at)) break;
    at += token.length;
  }
  const character = String.fromCodePoint(text.codePointAt(at)!);
  throw new TokenizerError(
    `The tokenizer has no token for ${JSON.stringify(character)} (character ${at} of the text). Leave it out, or use a model that knows it.`,
  );
};

/**
 * Makes a tokenizer from the files of a Hugging Face model.
 * @param tokenizerJson Parsed tokenizer.json; not changed.
 * @param tokenizerConfig Parsed tokenizer_config.json: names of the special tokens, and `added_tokens_decoder`.
 * @param config Parsed config.json, for special tokens that no other file names.
 * @param rows Rows of the model's embedding. Those beyond the vocabulary are padding, which a model may sample once in a
 *   blue moon: such an id has no text, and is no error.
 * @param more Parsed special_tokens_map.json and added_tokens.json, where they are there.
 * @throws TokenizerError when a file is malformed or has a part that is not supported, the files do not fit each other or
 *   no end-of-text token is named; later from `encode` for a character the tokenizer cannot write, and from `decode` and
 *   `token` for an id it lacks.
 */
export const loadTokenizer = (
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  config: unknown = {},
  rows = 0,
  more: Pick<TokenizerFiles, 'specialTokensMap' | 'addedTokens'> = {},
): Tokenizer => {
  const modelConfig = asObject(config, 'config.json');
  const { tokenizerJson: json, tokenizerConfig: names } = mergeTokenizerFiles({
    tokenizerJson: asObject(tokenizerJson, 'tokenizer.json'),
    tokenizerConfig: asObject(tokenizerConfig, 'tokenizer_config.json'),
    ...more,
  });
  const engine = readTokenizer(json);
  const vocabSize = engine.size;

  const special = (name: 'bos' | 'eos' | 'pad') => {
    const id = findSpecial(engine, name, names, modelConfig);
    if (id !== undefined && id >= vocabSize) {
      if (name === 'pad') return undefined;
      throw new TokenizerError(
        `config.json, ${name}_token_id: ${id} is not an id of tokenizer.json (0 to ${vocabSize - 1}).`,
      );
    }
    return id;
  };
  const eos = special('eos');
  if (eos === undefined) {
    throw new TokenizerError(
      'tokenizer_config.json, eos_token: is missing. Name the end-of-text token there, or give eos_token_id in config.json.',
    );
  }
  const cleans = names['clean_up_tokenization_spaces'] === true;
  const mustSpell = spellsText(json);
  const isPadding = (id: number) => Number.isInteger(id) && id >= vocabSize && id < rows;
  const checkRows = (ids: readonly number[]) => {
    const id = rows > 0 ? ids.find((id) => id >= rows) : undefined;
    if (id === undefined) return;
    throw new TokenizerError(
      `The text holds the token ${quoted(engine.token(id))} (id ${id}), for which the model has no weights (ids 0 to ${rows - 1}). Leave it out, or use a model that was trained with it.`,
    );
  };
  const check = (id: number) => {
    if (engine.token(id) === undefined) {
      throw new TokenizerError(
        `There is no token ${id}; ids are 0 to ${vocabSize - 1}. The tokens come from another tokenizer.`,
      );
    }
  };
  const decode = (ids: readonly number[], keepSpecial: boolean): string => {
    const tokens = ids.filter((id) => !isPadding(id));
    if (tokens.length === 0) return '';
    tokens.forEach(check);
    const text = engine.decode(tokens, keepSpecial);
    return cleans ? cleanUp(text) : text;
  };

  return {
    vocabSize,
    textSize: engine.textSize,
    bos: special('bos'),
    eos,
    pad: special('pad') ?? eos,
    around: engine.around,
    encode: (text) => {
      if (text === '') return [];
      const ids = engine.encode(text);
      if (mustSpell)
        checkSpelling(
          text,
          ids.map((id) => engine.token(id)!),
        );
      checkRows(ids);
      return ids;
    },
    decode: (tokens, options = {}) => decode(tokens, options.keepSpecial ?? false),
    token: (id) => {
      if (isPadding(id)) return `[${id}]`;
      const text = decode([id], true);
      // SentencePiece decoders drop a leading space, which a label in the middle of a text must show.
      return engine.token(id)!.startsWith('▁') && !text.startsWith(' ') ? ` ${text}` : text;
    },
  };
};

/**
 * Checks that every id that text is made of, or put around it, has a row in the model's embedding. Added tokens beyond it (a
 * pad token that came later) are no fault until a text holds one.
 * @throws TokenizerError naming the id that has none
 */
export const checkTokenizerFits = (tokenizer: Tokenizer, vocabSize: number): void => {
  const size = tokenizer.textSize ?? tokenizer.vocabSize;
  if (size > vocabSize) {
    throw new TokenizerError(
      `The tokenizer has ids up to ${size - 1}, but the model's vocab_size is ${vocabSize}. Use the tokenizer.json that came with the model.`,
    );
  }
  const { before, after } = tokenizer.around ?? { before: [], after: [] };
  const id = [tokenizer.eos, ...before, ...after].find((id) => id >= vocabSize);
  if (id === undefined) return;
  throw new TokenizerError(
    `The tokenizer ends or begins texts with ${quoted(tokenizer.token(id))} (id ${id}), but the model's vocab_size is ${vocabSize}. Use the tokenizer that came with the model, or resize the model's embedding to it.`,
  );
};
