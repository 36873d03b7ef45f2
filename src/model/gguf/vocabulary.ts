import { keyPlace } from './error';
import type { Fields } from './fields';
import { needed } from './fields';

/** Kinds of token, numbered as in `tokenizer.ggml.token_type`. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

const LARGEST_ID = 10_000_000;
/** -1, as a converter writes what has no such token. */
const NONE = 0xffff_ffff;
const key = (name: string) => `tokenizer.ggml.${name}`;

/** The id of a special token that the file names, undefined where it names none. */
export const specialId = (fields: Fields, name: string): number | undefined => {
  const id = fields.count(key(`${name}_token_id`));
  return id === NONE ? undefined : id;
};

/** The list of tokens of a file, whatever its tokenizer. */
export interface Vocabulary {
  /** Each with a text of its own: in place of one that is empty or comes again, a name that no text is split into. */
  tokens: readonly string[];
  /** Ids with such a name, and the id that has their text; undefined for an empty one. */
  renamed: ReadonlyMap<number, number | undefined>;
  ids: ReadonlyMap<string, number>;
  /** added_tokens of tokenizer.json: those that are found in a text before it is split. */
  added: Record<string, unknown>[];
  /** The text of a special token that the file names by id. */
  special: (name: 'bos' | 'eos' | 'unknown' | 'padding') => string | undefined;
}

/**
 * Gives each token a text of its own. Of several with one text the last is written, as in llama.cpp, whose name for an empty
 * one is taken as well.
 */
const withOwnTexts = (texts: readonly string[]): Pick<Vocabulary, 'tokens' | 'ids' | 'renamed'> => {
  const last = new Map(texts.map((token, id) => [token, id]));
  const tokens = [...texts];
  const renamed = new Map<number, number | undefined>();
  for (const [id, token] of texts.entries()) {
    if (token !== '' && last.get(token) === id) continue;
    let name = token === '' ? `[EMPTY_${id}]` : `[DOUBLED_${id}]`;
    while (last.has(name)) name += '_';
    last.set(name, id);
    tokens[id] = name;
    renamed.set(id, token === '' ? undefined : last.get(token));
  }
  last.delete('');
  return { tokens, renamed, ids: new Map(tokens.map((token, id) => [token, id])) };
};

/** @throws GgufError for lists that do not fit each other, and for ids that lie outside. */
export const readVocabulary = (fields: Fields): Vocabulary => {
  const texts = needed(fields, key('tokens'), fields.texts(key('tokens')));
  const types = fields.numbers(key('token_type')) ?? [];
  const place = keyPlace(key('tokens'));
  if (texts.length > LARGEST_ID) fields.fail(place, `${texts.length} tokens are more than ${LARGEST_ID}`);
  if (types.length > 0 && types.length !== texts.length) {
    fields.fail(keyPlace(key('token_type')), `it has ${types.length} entries for ${texts.length} tokens`);
  }
  const { tokens, ids, renamed } = withOwnTexts(texts);
  const special = (name: string): string | undefined => {
    const id = specialId(fields, name);
    if (id === undefined) return undefined;
    if (name === 'padding' && id >= tokens.length) return undefined; // nothing is padded with it here
    return (
      tokens[id] ??
      fields.fail(keyPlace(key(`${name}_token_id`)), `${id} is no token; ids are 0 to ${tokens.length - 1}`)
    );
  };
  // A file without types still has to keep its special tokens whole.
  const named = new Set(['bos', 'eos', 'eot', 'eom', 'unknown', 'padding'].map(special));
  const added = tokens.flatMap((content, id) => {
    const type = types[id];
    const isSpecial = type === CONTROL || type === UNKNOWN || (type === undefined && named.has(content));
    if (!isSpecial && (type !== USER_DEFINED || renamed.has(id))) return [];
    return [
      {
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: isSpecial,
      },
    ];
  });
  return { tokens, renamed, ids, added, special };
};
