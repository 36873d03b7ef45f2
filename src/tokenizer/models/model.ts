/** Turns words into ids. */
export interface TokenModel {
  ids: ReadonlyMap<string, number>;
  tokens: ReadonlyMap<number, string>;
  /** @throws TokenizerError for a word that it cannot write and has no unknown token for */
  encode(word: string): number[];
}
