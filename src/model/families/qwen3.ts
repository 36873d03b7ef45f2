/** Qwen3, the dense ones (Yang et al., 2025, arXiv 2505.09388): Llama with a norm on every query and key head. */
import type { Family } from './family';
import { llamaLike, readLlamaConfig } from './llama';
import { refuseSlidingWindow } from './qwen2';

export const qwen3: Family = {
  ...llamaLike,
  name: 'qwen3',
  modelTypes: { qwen3: 'Qwen3ForCausalLM' },
  readConfig: (json) =>
    readLlamaConfig(json, {
      family: 'qwen3',
      qkNorm: true,
      headDim: 128,
      maxPositions: 32_768,
      refuse: refuseSlidingWindow,
    }),
};
