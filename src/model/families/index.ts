import type { Family } from './family';
import { gpt2 } from './gpt2';
import { llama } from './llama';
import { qwen2 } from './qwen2';
import { qwen3 } from './qwen3';

/** Every kind of model that can be read. */
export const families: readonly Family[] = [llama, qwen2, qwen3, gpt2];

/** The family that a configuration belongs to. */
export const familyOf = ({ family }: { family: string }): Family => {
  const found = families.find(({ name }) => name === family);
  if (!found)
    throw new Error(`There is no family "${family}"; make the configuration with parseModelConfig.`);
  return found;
};
