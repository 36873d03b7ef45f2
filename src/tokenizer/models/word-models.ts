import type { Json } from '../error';
import { quoted, TokenizerError } from '../error';
import type { TokenModel } from './model';
import { readVocabulary } from './vocabulary';

const unknownOf = (config: Json, ids: ReadonlyMap<string, number>, fallback: string) => {
  const token = typeof config['unk_token'] === 'string' ? config['unk_token'] : fallback;
  return (word: string): number => {
    const id = ids.get(token);
    if (id !== undefined) return id;
    throw new TokenizerError(
      `The tokenizer has no token for ${quoted(word)} and no unknown token. Leave it out, or use a model that knows it.`,
    );
  };
};

/** Each word is a token, or unknown. */
export const readWordLevel = (config: Json): TokenModel => {
  const { ids, tokens } = readVocabulary(config['vocab']);
  const unknown = unknownOf(config, ids, '<unk>');
  return { ids, tokens, encode: (word) => [ids.get(word) ?? unknown(word)] };
};

/** From the left always the longest token; a word that cannot be written so is unknown as a whole. */
export const readWordPiece = (config: Json): TokenModel => {
  const { ids, tokens } = readVocabulary(config['vocab']);
  const unknown = unknownOf(config, ids, '[UNK]');
  const prefix =
    typeof config['continuing_subword_prefix'] === 'string' ? config['continuing_subword_prefix'] : '##';
  const most =
    typeof config['max_input_chars_per_word'] === 'number' ? config['max_input_chars_per_word'] : 100;
  return {
    ids,
    tokens,
    encode: (word) => {
      const characters = Array.from(word);
      if (characters.length > most) return [unknown(word)];
      const found: number[] = [];
      for (let start = 0; start < characters.length; ) {
        let end = characters.length;
        let id: number | undefined;
        for (; end > start; end--) {
          id = ids.get((start > 0 ? prefix : '') + characters.slice(start, end).join(''));
          if (id !== undefined) break;
        }
        if (id === undefined) return [unknown(word)];
        found.push(id);
        start = end;
      }
      return found;
    },
  };
};
