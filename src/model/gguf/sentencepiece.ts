import { keyPlace, quoted } from './error';
import type { Fields } from './fields';
import { needed } from './fields';
import type { Vocabulary } from './vocabulary';

/**
 * SentencePiece's BPE ("llama") has no list of merges: of all neighbours that make a token, the pair with the best
 * score goes first. The same order as a list: every way to cut a token into two tokens is a merge, sorted by the score
 * of what it makes. (Unigram with these scores would choose other tokens: it maximises the sum over a whole text.)
 */

const KEY = 'tokenizer.ggml.scores';

/** Longer ones are not cut: real vocabularies stay below 64, and each length costs as many look-ups. */
const MAX_CHARACTERS = 256;

interface Merge {
  left: string;
  right: string;
  score: number;
}

/** Ways to cut a token into two tokens, in the order of their ids. */
const cuts = (token: string, score: number, ids: ReadonlyMap<string, number>): Merge[] => {
  const found: Merge[] = [];
  for (let at = 1; at < token.length; at++) {
    const code = token.charCodeAt(at);
    if (code >= 0xdc00 && code < 0xe000) continue; // within a character
    const left = token.slice(0, at);
    if (!ids.has(left)) continue;
    const right = token.slice(at);
    if (ids.has(right)) found.push({ left, right, score });
  }
  return found.sort((a, b) => ids.get(a.left)! - ids.get(b.left)! || ids.get(a.right)! - ids.get(b.right)!);
};

const characters = (text: string) => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

const mergesFromScores = (fields: Fields, { tokens, ids, renamed }: Vocabulary): [string, string][] => {
  const scores = needed(fields, KEY, fields.numbers(KEY));
  if (scores.length !== tokens.length) {
    fields.fail(keyPlace(KEY), `it has ${scores.length} entries for ${tokens.length} tokens`);
  }
  const merges = tokens.flatMap((token, id) => {
    if (token.length > MAX_CHARACTERS) {
      fields.fail(
        keyPlace('tokenizer.ggml.tokens'),
        `token ${id}, ${quoted(token)}, has more than ${MAX_CHARACTERS} characters`,
      );
    }
    return renamed.has(id) ? [] : cuts(token, scores[id]!, ids);
  });
  // At equal scores longer left parts go first, as in transformers.
  merges.sort(
    (a, b) =>
      b.score - a.score ||
      characters(b.left) - characters(a.left) ||
      characters(b.right) - characters(a.right),
  );
  return merges.map(({ left, right }) => [left, right]);
};

/** The parts of tokenizer.json that SentencePiece's BPE decides; bytes that no token has become <0x00> to <0xFF>. */
export const sentencePieceParts = (fields: Fields, vocabulary: Vocabulary): Record<string, unknown> => {
  const prefix = fields.flag('tokenizer.ggml.add_space_prefix') ?? true;
  const unknown = vocabulary.special('unknown') ?? (vocabulary.ids.has('<unk>') ? '<unk>' : null);
  return {
    // Every stretch of text between special tokens begins with a space, even one that has one: that is what
    // SentencePiece, llama.cpp and the published tokenizer.json do. (Newer transformers read a GGUF otherwise.)
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(prefix ? [{ type: 'Prepend', prepend: '▁' }] : []),
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.ids),
      merges: mergesFromScores(fields, vocabulary),
    },
  };
};
