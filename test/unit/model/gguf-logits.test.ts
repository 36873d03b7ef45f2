import { beforeAll, expect, it } from 'vitest';
import { linear } from '../../../src/kernels/linear';
import { parseModelConfig } from '../../../src/model/config';
import { readGguf } from '../../../src/model/gguf/read-gguf';
import { outputHead } from '../../../src/model/head';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { forwardHidden, uploadBatch } from '../../../src/model/transformer';
import type { Tensor2D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { golden, goldenJson } from './gguf-golden';
import { onePath } from './one-tree';

beforeAll(async () => {
  await initBackend('cpu');
});

// From bytes to logits: configuration, names, row orders and weights must all be right for these to agree.
it.each(['llama-sentencepiece', 'llama3', 'smollm', 'qwen2', 'qwen3', 'gpt2', 'tekken'])(
  '%s.gguf gives the logits that transformers gives',
  async (name) => {
    const { configJson, weights } = await readGguf(golden(`${name}.gguf`), name);
    const { sequence, lastLogits } = goldenJson<{ sequence: number[]; lastLogits: number[] }>(`${name}.json`);
    const config = parseModelConfig(configJson);
    const network = { config, weights: loadParameters(config, weights) };
    const logits = tf.tidy(() => {
      const hidden = forwardHidden(network, uploadBatch(onePath(sequence, 1), config));
      const last = hidden.slice([sequence.length - 1, 0], [1, -1]) as Tensor2D;
      return linear(last, outputHead(network)).dataSync();
    });
    disposeParameters(network.weights);
    expect(logits).toBeAllclose(lastLogits, { rtol: 1e-5, atol: 1e-5 });
  },
);
