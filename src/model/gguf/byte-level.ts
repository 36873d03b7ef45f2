import { keyPlace, quoted } from './error';
import type { Fields } from './fields';
import { needed } from './fields';
import type { SplitRule } from './split-rules';
import type { Vocabulary } from './vocabulary';

const KEY = 'tokenizer.ggml.merges';

/**
 * A merge is written as its two parts with a space between, and parts have none: bytes that are spaces have a letter of
 * their own.
 */
const readMerges = (fields: Fields, { ids }: Vocabulary): [string, string][] =>
  needed(fields, KEY, fields.texts(KEY)).map((merge, i) => {
    const at = merge.indexOf(' ', 1);
    const [left, right] = [merge.slice(0, Math.max(at, 0)), merge.slice(at + 1)];
    const unknown = [left, right, left + right].find((token) => !ids.has(token));
    if (unknown !== undefined) {
      fields.fail(
        keyPlace(KEY),
        `merge ${i}, ${quoted(merge)}, needs the token ${quoted(unknown)}, which is none`,
      );
    }
    return [left, right];
  });

/** The parts of tokenizer.json that byte-level BPE ("gpt2") decides. */
export const byteLevelParts = (
  fields: Fields,
  vocabulary: Vocabulary,
  rule: SplitRule,
): Record<string, unknown> => ({
  normalizer: null,
  pre_tokenizer: rule.preTokenizer,
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: rule.wholeWords,
    vocab: Object.fromEntries(vocabulary.ids),
    merges: readMerges(fields, vocabulary),
  },
});
