import { expect, it } from 'vitest';
import { parseModelConfig } from '../../../src/model/config';
import { linearModules } from '../../../src/model/linear-modules';
import { goldenJson } from '../../support/golden-files';
import { goldenFiles } from '../../support/golden-node';
import { hashedLora } from '../../support/hashed-lora';

it("makes the adapter that the real model's oracle begins with", async () => {
  const { start, lora } = await goldenJson<{ start: Record<string, number[]>; lora: { rank: number } }>(
    goldenFiles,
    'real-model-train.json',
  );
  const config = parseModelConfig({
    model_type: 'llama',
    vocab_size: 64,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 2,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  });
  const modules = [...linearModules(config).keys()];
  const adapter = hashedLora(linearModules(config), lora.rank);
  expect(modules.slice(0, 7).map((name) => name.slice('model.layers.0.'.length))).toEqual([
    'self_attn.q_proj',
    'self_attn.k_proj',
    'self_attn.v_proj',
    'self_attn.o_proj',
    'mlp.gate_proj',
    'mlp.up_proj',
    'mlp.down_proj',
  ]);
  for (const [index, values] of Object.entries(start)) {
    const module = modules[Number(index)]!;
    expect(adapter.get(`${module}.lora_A.weight`)!.data.slice(0, values.length)).toBeAllclose(values, {
      rtol: 1e-7,
      atol: 0,
    });
    expect(adapter.get(`${module}.lora_B.weight`)!.data.every((b) => b === 0)).toBe(true);
  }
});
