import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostWeights } from '../../src/model/host-weights';
import { readSafetensors } from '../../src/model/safetensors';
import { writeSafetensors } from '../../src/model/write-safetensors';
import { createRng } from '../../src/util/rng';
import { charTokenizer } from './char-tokenizer';

const base = 'test/golden/trl/base';

const template =
  "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '<eos>' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";

/** Writes a chat model of a few thousand weights in Hugging Face's layout, with one token for each character of these texts. */
export const writeChatFolder = (folder: string, texts: readonly string[]) => {
  mkdirSync(folder, { recursive: true });
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  const characters = [...new Set([...'\n', ...ascii, ...texts.join('')])];
  const { tokenizerJson, tokenizerConfig } = charTokenizer(characters);
  const config = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8'));
  const shape = [characters.length + 3, config.hidden_size];
  const rng = createRng(1);
  const data = Float32Array.from({ length: shape[0]! * shape[1]! }, () => 0.3 * rng.normal());
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(join(base, 'model.safetensors'))), base);
  const weights: HostWeights = new Map(tensors);
  weights.set('model.embed_tokens.weight', { shape, data });
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(weights));
  const sized = { ...config, vocab_size: shape[0], max_position_embeddings: 1024 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(sized));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
  writeFileSync(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ ...tokenizerConfig, chat_template: template }),
  );
};
