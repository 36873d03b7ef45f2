/** Digits, operators, newline, `A:` and space for chained arithmetic, and a few spares; with 3 specials: 32 tokens. */
export const arithmeticCharacters = [...'0123456789+-*=\nA: ()/?.BCQSxy'];

const specials = ['<pad>', '<bos>', '<eos>'] as const;

export interface TokenizerFiles {
  /** Contents of tokenizer.json. */
  tokenizerJson: Record<string, unknown>;
  /** Contents of tokenizer_config.json. */
  tokenizerConfig: Record<string, unknown>;
}

/**
 * A character tokenizer in Hugging Face's format: BPE without merges, so each character is one token, newline too.
 * Ids: `<pad>` 0, `<bos>` 1, `<eos>` 2, then the characters in order. Nothing is normalised or split, no special token
 * is added by itself, and decoding joins the characters, so encode and decode are inverse on text of these characters.
 */
export const charTokenizer = (characters: readonly string[] = arithmeticCharacters): TokenizerFiles => ({
  tokenizerJson: {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries([...specials, ...characters].map((token, id) => [token, id])),
      merges: [],
    },
  },
  tokenizerConfig: {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<bos>',
    eos_token: '<eos>',
    pad_token: '<pad>',
    add_bos_token: false,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    model_max_length: 512,
  },
});
