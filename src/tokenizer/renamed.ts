import type { Tokenizer } from './tokenizer';

/**
 * A tokenizer some of whose tokens have a name in place of their text, because another token has that text already. They
 * are never written, but a model may answer with one: it is then read as the token that has the text.
 * @param renamed by id the id that has its text; undefined where the text is empty
 */
export const withRenamed = (
  tokenizer: Tokenizer,
  renamed: ReadonlyMap<number, number | undefined>,
): Tokenizer => {
  if (renamed.size === 0) return tokenizer;
  const spelled = (id: number): number[] => {
    if (!renamed.has(id)) return [id];
    const other = renamed.get(id);
    return other === undefined ? [] : [other];
  };
  return {
    ...tokenizer,
    decode: (tokens, options) => tokenizer.decode(tokens.flatMap(spelled), options),
    token: (id) => {
      const [own] = spelled(id);
      return own === undefined ? `[${id}]` : tokenizer.token(own);
    },
  };
};
