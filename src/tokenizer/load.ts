import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import type { Tokenizer } from './tokenizer';

/** A tokenizer that cannot be used: which file and field, why, and what to do. */
export class TokenizerError extends Error {
  override name = 'TokenizerError';
}

type Json = Record<string, unknown>;

/** Above any real vocabulary; a stray id would otherwise make the tables gigabytes long. */
const largestId = 10_000_000;

const modelTypes = ['BPE', 'WordPiece', 'Unigram'];

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asObject = (value: unknown, what: string): Json => {
  if (!isObject(value)) {
    throw new TokenizerError(
      `${what} must be a JSON object, but is ${Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value}. Take the file of that name from the model's own folder.`,
    );
  }
  return value;
};

/** A text of the file in quotes, cut short. */
const quoted = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const checkId = (id: unknown, field: string) => {
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > largestId) {
    throw new TokenizerError(
      `tokenizer.json, ${field}: token id ${quoted(id)} is not a whole number from 0 to ${largestId}.`,
    );
  }
};

/** Checks what the library takes on trust. */
const checkTokenizerJson = (json: Json): void => {
  const model = asObject(json['model'], 'tokenizer.json, field "model",');
  const { vocab, type } = model;
  if (type !== undefined && !modelTypes.includes(String(type))) {
    throw new TokenizerError(
      `tokenizer.json, model.type: ${quoted(type)} is not known; ${modelTypes.join(', ')} are.`,
    );
  }
  if (isObject(vocab)) {
    const seen = new Map<number, string>();
    for (const [token, id] of Object.entries(vocab)) {
      const field = `model.vocab[${quoted(token)}]`;
      checkId(id, field);
      const other = seen.get(id as number);
      if (other !== undefined) {
        throw new TokenizerError(
          `tokenizer.json, ${field}: id ${id} is also that of ${quoted(other)}; ids are unique.`,
        );
      }
      seen.set(id as number, token);
    }
  } else if (!Array.isArray(vocab)) {
    throw new TokenizerError(
      'tokenizer.json, model.vocab: must map tokens to ids (or, for Unigram, list [token, score]).',
    );
  }
  // The library iterates over added_tokens without looking.
  json['added_tokens'] ??= [];
  const added = json['added_tokens'];
  if (!Array.isArray(added)) throw new TokenizerError('tokenizer.json, added_tokens: must be a list.');
  added.forEach((token: unknown, i) => {
    const { id, content } = asObject(token, `tokenizer.json, added_tokens[${i}]`);
    checkId(id, `added_tokens[${i}].id`);
    if (typeof content !== 'string' || content === '') {
      throw new TokenizerError(`tokenizer.json, added_tokens[${i}].content: must be a non-empty text.`);
    }
  });
};

/** `eos_token` and its like are a text, or an object with the text in `content`. */
const contentOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : isObject(value) && typeof value['content'] === 'string'
      ? value['content']
      : undefined;

/** `eos_token_id` of config.json is a number or a list of them, the first of which counts. A negative one means none. */
const firstId = (value: unknown): number | undefined => {
  const id = Array.isArray(value) ? (value as unknown[])[0] : value;
  return Number.isInteger(id) && (id as number) >= 0 ? (id as number) : undefined;
};

const findSpecial = (
  inner: HuggingFaceTokenizer,
  name: 'bos' | 'eos' | 'pad',
  tokenizerConfig: Json,
  config: Json,
): number | undefined => {
  const content = contentOf(tokenizerConfig[`${name}_token`]);
  if (content === undefined) return firstId(config[`${name}_token_id`]);
  const id = inner.token_to_id(content);
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
    !model['continuing_subword_suffix']
  );
};

/** The library finds some faults of a file only when it is used. */
const orUnusable = <T>(what: string, f: () => T): T => {
  try {
    return f();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TokenizerError(
      `tokenizer.json cannot be used to ${what}: ${reason.slice(0, 300)}. Take the file from the model's own folder.`,
      { cause: error },
    );
  }
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

/** The special tokens that the post-processor puts before and after a text. */
const aroundText = (inner: HuggingFaceTokenizer): { before: number[]; after: number[] } => {
  // Any text will do; one that the model cannot write may become nothing or an unknown token.
  const bare = inner.encode('a', { add_special_tokens: false }).ids;
  const whole = inner.encode('a', { add_special_tokens: true }).ids;
  const extra = whole.length - bare.length;
  for (let before = 0; before <= extra; before++) {
    if (bare.every((id, i) => whole[before + i] === id)) {
      return { before: whole.slice(0, before), after: whole.slice(before + bare.length) };
    }
  }
  return { before: [], after: [] };
};

/**
 * Makes a tokenizer from the files of a Hugging Face model.
 * @param tokenizerJson Parsed tokenizer.json; not changed.
 * @param tokenizerConfig Parsed tokenizer_config.json: names of the special tokens.
 * @param config Parsed config.json, for special tokens that tokenizer_config.json does not name.
 * @param rows Rows of the model's embedding. Those beyond the vocabulary are padding, which a model may sample once in a
 *   blue moon: such an id has no text, and is no error.
 * @throws TokenizerError when a file is malformed, the files do not fit each other or no end-of-text token is named;
 *   later from `encode` for a character the tokenizer cannot write, and from `decode` and `token` for an id it lacks.
 */
export const loadTokenizer = (
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  config: unknown = {},
  rows = 0,
): Tokenizer => {
  const json: Json = { ...asObject(tokenizerJson, 'tokenizer.json') };
  const names = asObject(tokenizerConfig, 'tokenizer_config.json');
  const modelConfig = asObject(config, 'config.json');
  checkTokenizerJson(json);
  for (const part of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) json[part] ??= null;

  let inner: HuggingFaceTokenizer;
  let vocabSize = 0;
  try {
    inner = new HuggingFaceTokenizer(json, names);
    for (const id of inner.get_vocab(true).values()) vocabSize = Math.max(vocabSize, id + 1);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TokenizerError(
      `tokenizer.json cannot be used: ${reason.slice(0, 300)}. Check that it is a whole tokenizer.json of the Hugging Face tokenizers library.`,
      { cause: error },
    );
  }

  const special = (name: 'bos' | 'eos' | 'pad') => {
    const id = findSpecial(inner, name, names, modelConfig);
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
  const cleanUp = names['clean_up_tokenization_spaces'] === true;
  const mustSpell = spellsText(json);
  const isPadding = (id: number) => Number.isInteger(id) && id >= vocabSize && id < rows;
  const added = new Set((json['added_tokens'] as Json[]).map(({ id }) => id));
  const { vocab } = json['model'] as { vocab: unknown };
  const textIds = Array.isArray(vocab)
    ? vocab.map((_, id) => id)
    : (Object.values(vocab as Json) as number[]);
  const textSize = textIds.reduce((size, id) => (added.has(id) ? size : Math.max(size, id + 1)), 0);
  const checkRows = (ids: readonly number[]) => {
    const id = rows > 0 ? ids.find((id) => id >= rows) : undefined;
    if (id === undefined) return;
    throw new TokenizerError(
      `The text holds the token ${quoted(inner.id_to_token(id))} (id ${id}), for which the model has no weights (ids 0 to ${rows - 1}). Leave it out, or use a model that was trained with it.`,
    );
  };
  const check = (id: number) => {
    if (inner.id_to_token(id) === undefined) {
      throw new TokenizerError(
        `There is no token ${id}; ids are 0 to ${vocabSize - 1}. The tokens come from another tokenizer.`,
      );
    }
  };
  const decode = (ids: readonly number[], keepSpecial: boolean): string => {
    const tokens = ids.filter((id) => !isPadding(id));
    if (tokens.length === 0) return '';
    tokens.forEach(check);
    return orUnusable('decode tokens', () =>
      inner.decode(tokens, {
        skip_special_tokens: !keepSpecial,
        clean_up_tokenization_spaces: cleanUp,
      }),
    );
  };

  return {
    vocabSize,
    textSize,
    bos: special('bos'),
    eos,
    pad: special('pad') ?? eos,
    around: aroundText(inner),
    encode: (text) => {
      if (text === '') return [];
      const { ids, tokens } = orUnusable('encode a text', () =>
        inner.encode(text, { add_special_tokens: false }),
      );
      if (mustSpell) checkSpelling(text, tokens);
      const unknown = ids.findIndex((id) => !Number.isInteger(id));
      if (unknown >= 0) {
        throw new TokenizerError(
          `The tokenizer has no token for ${quoted(tokens[unknown])} and no unknown token.`,
        );
      }
      checkRows(ids);
      return ids;
    },
    decode: (tokens, options = {}) => decode(tokens, options.keepSpecial ?? false),
    token: (id) => {
      if (isPadding(id)) return `[${id}]`;
      const text = decode([id], true);
      // SentencePiece decoders drop a leading space, which a label in the middle of a text must show.
      return inner.id_to_token(id)!.startsWith('▁') && !text.startsWith(' ') ? ` ${text}` : text;
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
