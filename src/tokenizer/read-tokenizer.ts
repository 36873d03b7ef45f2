import type { AddedToken } from './added-tokens';
import { addedTokenSplitter } from './added-tokens';
import { readDecoder } from './decoders';
import type { Json } from './error';
import { objectAt, TokenizerError } from './error';
import { readModel } from './models/read-model';
import { checkId } from './models/vocabulary';
import { readNormalizer } from './normalizers';
import type { Around } from './post-processor';
import { readAround } from './post-processor';
import { readPreTokenizer } from './pre-tokenizers';

/** A tokenizer.json made ready: ids of texts and texts of ids, as the Hugging Face library has them. */
export interface Engine {
  /** One more than the largest id. */
  size: number;
  /** One more than the largest id that is not only an added token. */
  textSize: number;
  around: Around;
  id(token: string): number | undefined;
  token(id: number): string | undefined;
  encode(text: string): number[];
  decode(ids: readonly number[], keepSpecial: boolean): string;
}

/** @throws TokenizerError naming the field */
export const readAddedTokens = (value: unknown, ids: ReadonlyMap<string, number>): AddedToken[] => {
  if (!Array.isArray(value)) throw new TokenizerError('tokenizer.json, added_tokens: must be a list.');
  const byContent = new Map<string, AddedToken>();
  value.forEach((given: unknown, i) => {
    const token = objectAt(given, `added_tokens[${i}]`);
    const { content } = token;
    if (typeof content !== 'string') {
      throw new TokenizerError(`tokenizer.json, added_tokens[${i}].content: must be a text.`);
    }
    const id = checkId(token['id'], `added_tokens[${i}].id`);
    // An empty one is never found in a text; of two with one text the first counts.
    if (content === '' || byContent.has(content)) return;
    const special = token['special'] === true;
    byContent.set(content, {
      id: ids.get(content) ?? id,
      content,
      special,
      singleWord: token['single_word'] === true,
      lstrip: token['lstrip'] === true,
      rstrip: token['rstrip'] === true,
      normalized: typeof token['normalized'] === 'boolean' ? token['normalized'] : !special,
    });
  });
  return [...byContent.values()];
};

const sizeOf = (ids: Iterable<number>): number => {
  let size = 0;
  for (const id of ids) size = Math.max(size, id + 1);
  return size;
};

/** @throws TokenizerError for what is malformed, and naming what is not supported */
export const readTokenizer = (json: Json): Engine => {
  const model = readModel(objectAt(json['model'], 'field "model"'));
  const added = readAddedTokens(json['added_tokens'] ?? [], model.ids);
  const normalize = readNormalizer(json['normalizer']);
  const preTokenize = readPreTokenizer(json['pre_tokenizer']);
  const decodeTokens = readDecoder(json['decoder']);
  const split = addedTokenSplitter(added, normalize);
  const addedIds = new Map(added.map((token) => [token.content, token.id]));
  // The library reads such a token back as it was looked for.
  const addedTexts = new Map(
    added.map((token) => [token.id, token.normalized ? normalize(token.content) : token.content]),
  );
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  const id = (token: string) => addedIds.get(token) ?? model.ids.get(token);
  const token = (id: number) => addedTexts.get(id) ?? model.tokens.get(id);
  const textIds = [...model.tokens.keys()].filter((id) => !addedTexts.has(id));
  return {
    size: Math.max(sizeOf(model.tokens.keys()), sizeOf(addedTexts.keys())),
    textSize: sizeOf(textIds),
    around: readAround(json['post_processor'], id),
    id,
    token,
    encode: (text) =>
      split(text).flatMap((section) => {
        if ('id' in section) return [section.id];
        if (section.piece.text === '') return [];
        return preTokenize([section.piece]).flatMap((word) => model.encode(word.text));
      }),
    decode: (ids, keepSpecial) => {
      const kept = keepSpecial ? ids : ids.filter((one) => !special.has(one));
      return decodeTokens(kept.flatMap((one) => token(one) ?? []));
    },
  };
};
