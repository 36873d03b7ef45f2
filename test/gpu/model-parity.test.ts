import { afterAll, beforeAll, describe, it } from 'vitest';
import { guardGpu, initBackend } from '../../src/tf';
import tiedConfig from '../golden/tiny-llama-tied/config.json';
import tiedFixture from '../golden/tiny-llama-tied/fixture.json';
import tiedWeights from '../golden/tiny-llama-tied/model.safetensors?url';
import untiedConfig from '../golden/tiny-llama-untied/config.json';
import untiedFixture from '../golden/tiny-llama-untied/fixture.json';
import untiedWeights from '../golden/tiny-llama-untied/model.safetensors?url';
import { expectTorchParity } from '../unit/model/torch-parity';

const bytes = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());

describe.each(['webgpu', 'wasm'] as const)('the model on %s against PyTorch', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });
  afterAll(() => guardGpu(() => {}));

  it('with a tied head: log-probs, loss and gradients', async () => {
    await guardGpu(async () => expectTorchParity(tiedConfig, await bytes(tiedWeights), tiedFixture));
  });

  it('with a free head: log-probs, loss and gradients', async () => {
    await guardGpu(async () => expectTorchParity(untiedConfig, await bytes(untiedWeights), untiedFixture));
  });
});
