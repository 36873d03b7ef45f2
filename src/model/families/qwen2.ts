/** Qwen2 and Qwen2.5 (Yang et al., 2024, arXiv 2407.10671, 2412.15115): Llama with biases on queries, keys and values. */
import type { ConfigJson } from '../config-fields';
import { mustBe } from '../config-fields';
import type { Family } from './family';
import { llamaLike, readLlamaConfig } from './llama';

/** Both generations can be told to attend over a window; published models are not. */
export const refuseSlidingWindow = (json: ConfigJson): string[] => [
  ...mustBe(
    json,
    'use_sliding_window',
    [false],
    'attention over a window is not supported. Choose a model with "use_sliding_window": false.',
  ),
  ...(Array.isArray(json['layer_types']) && json['layer_types'].some((type) => type !== 'full_attention')
    ? ['layer_types names layers other than "full_attention", which are not supported. Choose another model.']
    : []),
];

export const qwen2: Family = {
  ...llamaLike,
  name: 'qwen2',
  modelTypes: { qwen2: 'Qwen2ForCausalLM' },
  readConfig: (json) =>
    readLlamaConfig(json, {
      family: 'qwen2',
      biases: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
      maxPositions: 32_768,
      refuse: refuseSlidingWindow,
    }),
};
