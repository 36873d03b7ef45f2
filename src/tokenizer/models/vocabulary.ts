import { bad, isObject, quoted, TokenizerError } from '../error';

/** Above any real vocabulary; a stray id would otherwise make the tables gigabytes long. */
const largestId = 10_000_000;

export const checkId = (id: unknown, field: string): number => {
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > largestId) {
    throw new TokenizerError(
      `tokenizer.json, ${field}: token id ${quoted(id)} is not a whole number from 0 to ${largestId}.`,
    );
  }
  return id as number;
};

export interface Vocabulary {
  ids: Map<string, number>;
  tokens: Map<number, string>;
}

/** `model.vocab` as BPE, WordPiece and WordLevel have it. @throws TokenizerError for an id that is none, or there twice */
export const readVocabulary = (vocab: unknown): Vocabulary => {
  if (!isObject(vocab)) return bad('model.vocab', 'must map tokens to ids');
  const ids = new Map<string, number>();
  const tokens = new Map<number, string>();
  for (const [token, given] of Object.entries(vocab)) {
    const field = `model.vocab[${quoted(token)}]`;
    const id = checkId(given, field);
    const other = tokens.get(id);
    if (other !== undefined) {
      throw new TokenizerError(
        `tokenizer.json, ${field}: id ${id} is also that of ${quoted(other)}; ids are unique.`,
      );
    }
    ids.set(token, id);
    tokens.set(id, token);
  }
  return { ids, tokens };
};

const encoder = new TextEncoder();

/** The ids of a text's bytes, `<0x0A>` and so on; undefined unless all of them are tokens. */
export const byteIds = (text: string, ids: ReadonlyMap<string, number>): number[] | undefined => {
  const found: number[] = [];
  for (const byte of encoder.encode(text)) {
    const id = ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    if (id === undefined) return undefined;
    found.push(id);
  }
  return found;
};
