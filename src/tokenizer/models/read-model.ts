import type { Json } from '../error';
import { bad, isObject, quoted, TokenizerError } from '../error';
import { readBpe } from './bpe';
import type { TokenModel } from './model';
import { readUnigram } from './unigram';
import { readWordLevel, readWordPiece } from './word-models';

const makers: Record<string, (config: Json) => TokenModel> = {
  BPE: readBpe,
  Unigram: readUnigram,
  WordLevel: readWordLevel,
  WordPiece: readWordPiece,
};

/** Older files do not say what they are. */
const guessed = (model: Json): string => {
  if ('merges' in model) return 'BPE';
  if (Array.isArray(model['vocab'])) return 'Unigram';
  return 'continuing_subword_prefix' in model ? 'WordPiece' : 'WordLevel';
};

/** @throws TokenizerError */
export const readModel = (model: Json): TokenModel => {
  const { vocab, type = guessed(model) } = model;
  if (typeof type !== 'string' || !Object.hasOwn(makers, type)) {
    throw new TokenizerError(
      `tokenizer.json, model.type: ${quoted(type)} is not known; ${Object.keys(makers).join(', ')} are.`,
    );
  }
  if (!isObject(vocab) && !Array.isArray(vocab)) {
    return bad('model.vocab', 'must map tokens to ids (or, for Unigram, list [token, score])');
  }
  return makers[type]!(model);
};
