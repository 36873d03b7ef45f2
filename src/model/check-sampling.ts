import type { SampleOptions, SampleRequest } from '../search/pipeline';
import type { ModelConfig } from './config';

/** @throws Error naming the request that cannot be used */
export const checkRequest = (
  { tokens }: SampleRequest,
  i: number,
  { vocabSize, maxPositions }: ModelConfig,
) => {
  if (tokens.length === 0) {
    throw new Error(`Request ${i} has no tokens: give a prompt of at least one, for example the BOS token.`);
  }
  const wrong = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong !== undefined) {
    throw new Error(
      `Request ${i} has token ${wrong}, but the model's vocabulary is 0 to ${vocabSize - 1}. Use the tokenizer that belongs to the model.`,
    );
  }
  if (tokens.length >= maxPositions) {
    throw new Error(
      `Request ${i} has ${tokens.length} tokens, which leaves no room in the model's ${maxPositions} positions (max_position_embeddings). Shorten the prompt.`,
    );
  }
};

/** @throws Error naming the option that cannot be used */
export const checkOptions = ({ temperature, topK, topP, count, maxTokens, rising }: SampleOptions) => {
  const require = (good: boolean, name: string, value: unknown, rule: string) => {
    if (!good) throw new Error(`The sampling option ${name} is ${value}: it must be ${rule}.`);
  };
  const positive = (n: number) => Number.isSafeInteger(n) && n >= 1;
  require(Number.isFinite(temperature) && temperature >= 0, 'temperature', temperature, 'a number from 0 up');
  require(topK === undefined || positive(topK), 'topK', topK, 'a whole number from 1 up, or left out');
  require(topP === undefined || (topP > 0 && topP <= 1), 'topP', topP, 'above 0 and at most 1, or left out');
  require(positive(count), 'count', count, 'a whole number from 1 up');
  require(positive(maxTokens), 'maxTokens', maxTokens, 'a whole number from 1 up');
  if (!rising) return;
  const { rise, most } = rising;
  require(Number.isFinite(rise) && rise >= 0, 'rising.rise', rise, 'a number from 0 up');
  require(most >= temperature, 'rising.most', most, `at least the temperature, ${temperature}`);
};
