import { byteLevelParts } from './byte-level';
import { keyPlace, quoted } from './error';
import type { Fields } from './fields';
import { needed } from './fields';
import { sentencePieceParts } from './sentencepiece';
import { splitRule } from './split-rules';
import type { Vocabulary } from './vocabulary';

/** The two files that stand beside a model on the hub. */
export interface TokenizerFiles {
  tokenizerJson: Record<string, unknown>;
  tokenizerConfig: Record<string, unknown>;
}

/** Puts the first token before every text; the reader of examples decides whether to ask for it. */
const beginningWith = (token: string, id: number) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [
    { SpecialToken: { id: token, type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: token, type_id: 1 } },
    { Sequence: { id: 'B', type_id: 1 } },
  ],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});

/**
 * tokenizer.json and tokenizer_config.json from the vocabulary inside a GGUF file.
 * @param contextLength becomes model_max_length
 * @throws GgufError for a kind of tokenizer that is not known, and for lists that do not fit each other.
 */
export const tokenizerFiles = (
  fields: Fields,
  vocabulary: Vocabulary,
  contextLength: number | undefined,
): TokenizerFiles => {
  const key = 'tokenizer.ggml.model';
  const kind = needed(fields, key, fields.text(key));
  if (kind !== 'gpt2' && kind !== 'llama') {
    fields.fail(
      keyPlace(key),
      `${quoted(kind)} is not supported; gpt2 (byte-level BPE) and llama (SentencePiece) are`,
      'Use the original checkpoint with its tokenizer.json.',
    );
  }
  const rule = kind === 'gpt2' ? splitRule(fields) : undefined;
  const parts = rule ? byteLevelParts(fields, vocabulary, rule) : sentencePieceParts(fields, vocabulary);
  const bos = vocabulary.special('bos');
  const addBos = fields.flag('tokenizer.ggml.add_bos_token') ?? (rule ? rule.wholeWords : true);
  const names = {
    bos_token: bos,
    eos_token: vocabulary.special('eos'),
    unk_token: vocabulary.special('unknown'),
    pad_token: vocabulary.special('padding'),
  };
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: vocabulary.added,
      ...parts,
      post_processor: addBos && bos !== undefined ? beginningWith(bos, vocabulary.ids.get(bos)!) : null,
    },
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      ...Object.fromEntries(Object.entries(names).filter(([, token]) => token !== undefined)),
      add_bos_token: addBos && bos !== undefined,
      add_eos_token: fields.flag('tokenizer.ggml.add_eos_token') ?? false,
      clean_up_tokenization_spaces: false,
      ...(contextLength !== undefined && { model_max_length: contextLength }),
      ...(fields.has('tokenizer.chat_template') && {
        chat_template: fields.text('tokenizer.chat_template'),
      }),
    },
  };
};
