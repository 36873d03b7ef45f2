import { keyPlace, quoted } from './error';
import type { Fields } from './fields';

/**
 * How a byte-level vocabulary splits text before merging, by `tokenizer.ggml.pre`. The names are llama.cpp's; the rules
 * are those of the tokenizer.json that the models were published with.
 */
export interface SplitRule {
  /** The pre_tokenizer of tokenizer.json. */
  preTokenizer: Record<string, unknown>;
  /**
   * A piece that is a token is not merged from its bytes (ignore_merges), and texts begin with BOS unless the file says
   * otherwise.
   */
  wholeWords: boolean;
}

const byteLevel = (useRegex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

/** @param further the pieces are split by GPT-2's rule as well */
const split = (pattern: string, further = false) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(further),
  ],
});

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const WORD = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const SIGNS = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*';
const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

/** Llama 3 takes up to three digits at once, Qwen 2 one. */
const llama3 = `${CONTRACTIONS}|${WORD}|\\p{N}{1,3}|${SIGNS}|${SPACES}`;
const qwen2 = `${CONTRACTIONS}|${WORD}|\\p{N}|${SIGNS}|${SPACES}`;

/** Mistral's Tekken splits words where lower case turns to upper. */
const UPPER = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}';
const LOWER = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}';
const FRONT = '[^\\r\\n\\p{L}\\p{N}]?';
const tekken = `${FRONT}[${UPPER}]*[${LOWER}]+|${FRONT}[${UPPER}]+[${LOWER}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`;

const gpt2Rule: SplitRule = { preTokenizer: byteLevel(true), wholeWords: false };
/** Digits of every script one by one, then GPT-2's rule. Not as type Digits, which here knows 0 to 9 only. */
const digitsRule: SplitRule = { preTokenizer: split('\\p{N}', true), wholeWords: false };
const llama3Rule: SplitRule = { preTokenizer: split(llama3), wholeWords: true };
const qwen2Rule: SplitRule = { preTokenizer: split(qwen2), wholeWords: false };
const tekkenRule: SplitRule = { preTokenizer: split(tekken), wholeWords: true };

const rules = new Map<string, SplitRule>([
  ...['default', 'gpt-2', 'gpt2', 'olmo', 'mpt', 'jais'].map((name) => [name, gpt2Rule] as const),
  ...['smollm', 'starcoder', 'refact', 'command-r', 'codeshell'].map((name) => [name, digitsRule] as const),
  ...['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'pixtral'].map((name) => [name, llama3Rule] as const),
  ...['qwen2', 'deepseek-r1-qwen', 'megrez'].map((name) => [name, qwen2Rule] as const),
  ['tekken', tekkenRule],
]);

/** @throws GgufError for a rule that is not known; guessing would train on wrong tokens. */
export const splitRule = (fields: Fields): SplitRule => {
  const key = 'tokenizer.ggml.pre';
  const name = fields.text(key) ?? 'default';
  return (
    rules.get(name) ??
    fields.fail(
      keyPlace(key),
      `${quoted(name)} is not supported; ${[...rules.keys()].join(', ')} are`,
      'Use the original checkpoint with its tokenizer.json.',
    )
  );
};
