import { beforeAll, describe, expect, it } from 'vitest';
import { readResponses, valueVectors } from '../../src/analysis/read-responses';
import { disposeParameters, loadParameters } from '../../src/model/parameters';
import { initBackend, tf } from '../../src/tf';
import { chainTree } from '../../src/tree/build';
import { createRng } from '../../src/util/rng';
import { tinyModel } from '../support/tiny-model';

const model = tinyModel(2);
const rng = createRng(3);
const text = (n: number) => Array.from({ length: n }, () => 3 + rng.int(model.config.vocabSize - 3));
const trees = Array.from({ length: 7 }, (_, i) =>
  chainTree({ id: `${i}`, prompt: text(4), steps: [text(3 + i)] }),
);

const read = async (backend: 'webgpu' | 'wasm' | 'cpu') => {
  await initBackend(backend);
  const network = { config: model.config, weights: loadParameters(model.config, model.weights) };
  await readResponses(network, trees, async () => {}); // what is kept from now on, such as tables of angles
  const before = tf.memory().numTensors;
  const { responses, activations } = await readResponses(network, trees, async () => {}, { neurons: true });
  const vectors = await valueVectors(network, 1);
  expect(tf.memory().numTensors).toBe(before);
  disposeParameters(network.weights);
  return { states: responses.flatMap(({ state }) => [...state]), activations, vectors };
};

describe.each(['webgpu', 'wasm'] as const)('responses read on %s', (backend) => {
  let wanted: Awaited<ReturnType<typeof read>>;
  beforeAll(async () => {
    wanted = await read('cpu');
  });

  it('have the states and activations of plain JavaScript, and leave nothing behind', async () => {
    const found = await read(backend);
    expect(found.states).toBeAllclose(wanted.states, { rtol: 1e-3, atol: 1e-4 });
    expect(found.activations.flatMap((own) => [...own])).toBeAllclose(
      wanted.activations.flatMap((own) => [...own]),
      { rtol: 1e-3, atol: 1e-4 },
    );
    expect([...found.vectors]).toBeAllclose([...wanted.vectors], { rtol: 1e-3, atol: 1e-5 });
  });
});
