/** What the program needs of a tokenizer; made from a Hugging Face tokenizer.json by `loadTokenizer`. */
export interface Tokenizer {
  vocabSize: number;
  /**
   * As many ids as text is made of; those from here on are added tokens, which come only where they are written out. The
   * same as vocabSize when left out.
   */
  textSize?: number;
  bos: number | undefined;
  eos: number;
  /** All tokens that end an answer: `eos`, and what else the model's files name as an end. Left out, `eos` alone. */
  ends?: readonly number[];
  pad: number;
  /** What the tokenizer.json itself puts around a text that is a whole input (BOS, EOS); `encode` leaves it out. */
  around?: { before: readonly number[]; after: readonly number[] };
  /** No special tokens are added. */
  encode(text: string): number[];
  /** Special tokens are left out unless asked for. */
  decode(tokens: readonly number[], options?: { keepSpecial?: boolean }): string;
  /** Text of one token, for labels. */
  token(id: number): string;
}

/** Whether a token ends an answer. */
export const isEnd = ({ eos, ends }: Pick<Tokenizer, 'eos' | 'ends'>, token: number | undefined): boolean =>
  token !== undefined && (token === eos || (ends?.includes(token) ?? false));
