import { keyPlace, quoted } from './error';
import type { Fields } from './fields';
import { needed } from './fields';

/** Kinds of token, numbered as in `tokenizer.ggml.token_type`. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

const LARGEST_ID = 10_000_000;
const key = (name: string) => `tokenizer.ggml.${name}`;

/** The list of tokens of a file, whatever its tokenizer. */
export interface Vocabulary {
  tokens: readonly string[];
  ids: ReadonlyMap<string, number>;
  /** added_tokens of tokenizer.json: those that are found in a text before it is split. */
  added: Record<string, unknown>[];
  /** The text of a special token that the file names by id. */
  special: (name: 'bos' | 'eos' | 'unknown' | 'padding') => string | undefined;
}

/** @throws GgufError for a token that is there twice or empty, and for ids that lie outside. */
export const readVocabulary = (fields: Fields): Vocabulary => {
  const tokens = needed(fields, key('tokens'), fields.texts(key('tokens')));
  const types = fields.numbers(key('token_type')) ?? [];
  const place = keyPlace(key('tokens'));
  if (tokens.length > LARGEST_ID) fields.fail(place, `${tokens.length} tokens are more than ${LARGEST_ID}`);
  if (types.length > 0 && types.length !== tokens.length) {
    fields.fail(keyPlace(key('token_type')), `it has ${types.length} entries for ${tokens.length} tokens`);
  }
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (token === '') fields.fail(place, `token ${id} is empty`);
    const other = ids.get(token);
    if (other !== undefined) fields.fail(place, `tokens ${other} and ${id} are both ${quoted(token)}`);
    ids.set(token, id);
  }
  const special = (name: string): string | undefined => {
    const id = fields.count(key(`${name}_token_id`));
    if (id === undefined) return undefined;
    return (
      tokens[id] ??
      fields.fail(keyPlace(key(`${name}_token_id`)), `${id} is no token; ids are 0 to ${tokens.length - 1}`)
    );
  };
  // A file without types still has to keep its special tokens whole.
  const named = new Set(['bos', 'eos', 'padding'].map(special));
  const added = tokens.flatMap((content, id) => {
    const type = types[id];
    const isSpecial = type === CONTROL || type === UNKNOWN || (type === undefined && named.has(content));
    if (!isSpecial && type !== USER_DEFINED) return [];
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
  return { tokens, ids, added, special };
};
