import type { ModelSummary } from '../../workers/protocol';
import { parseModelConfig } from '../model/config';
import { checkNumbers, checkWeights, parameterCount } from '../model/parameters';
import { checkTokenizerFits, loadTokenizer } from '../tokenizer/load';
import { withRenamed } from '../tokenizer/renamed';
import { sha256Hex } from '../util/hash';
import type { LoadedModel } from './loaded-model';

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Makes a model of a GGUF file. Weights stay in the file's bytes until they are asked for; the reader is loaded when it is
 * first needed.
 * @param summary its `parameters` is counted afresh
 * @param knownHash of the file, where it was computed before: hashing copies the file
 * @throws GgufError, ModelConfigError, TokenizerError or ParametersError, each with file, place and a remedy
 */
export const modelFromGguf = async (
  summary: ModelSummary,
  bytes: Uint8Array,
  fileName: string,
  knownHash?: string,
): Promise<LoadedModel> => {
  const { readGguf } = await import('../model/gguf/read-gguf');
  const { configJson, tokenizerJson, tokenizerConfig, chatTemplate, renamed, weights } = await readGguf(
    bytes,
    fileName,
  );
  const config = parseModelConfig(configJson);
  const tokenizer = withRenamed(
    loadTokenizer(tokenizerJson, tokenizerConfig, configJson, config.vocabSize),
    renamed,
  );
  checkTokenizerFits(tokenizer, config.vocabSize);
  checkWeights(config, weights);
  if (knownHash === undefined) checkNumbers(config, weights);
  const ends = [...new Set([...config.eosTokenIds, tokenizer.eos])];
  return {
    summary: { ...summary, parameters: parameterCount(config) },
    config: { ...config, eosTokenIds: ends },
    tokenizer: { ...tokenizer, ends },
    weights,
    hash: knownHash ?? (await sha256Hex([bytes])),
    gguf: true,
    files: {
      'config.json': json(configJson),
      'tokenizer.json': json(tokenizerJson),
      'tokenizer_config.json': json(tokenizerConfig),
    },
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
};
