import { greedyRows } from '../kernels/greedy-rows';
import type { SampleOptions } from '../search/pipeline';
import type { Tensor2D } from '../tf';
import { readFloats } from '../tf';
import type { Rng } from '../util/rng';
import type { Chosen } from './choose-token';
import { brokenLogit, chooseToken } from './choose-token';

/**
 * Chooses a row's token, once the logits [B, V] have been read, or what was made of them; they are disposed.
 * @param temperature where it is not that of the options
 */
export type Read = (logits: Tensor2D) => Promise<(row: number, rng: Rng, temperature?: number) => Chosen>;

const readAndDispose = async (tensor: Tensor2D): Promise<Float32Array> => {
  try {
    return await readFloats(tensor);
  } finally {
    tensor.dispose();
  }
};

/** On the CPU, in double precision, so that a seed means the same on every backend. */
export const readLogits =
  (options: SampleOptions): Read =>
  async (logits) => {
    const width = logits.shape[1];
    const all = await readAndDispose(logits);
    return (row, rng, temperature = options.temperature) =>
      chooseToken(all.subarray(row * width, (row + 1) * width), { ...options, temperature }, rng);
  };

/** On the GPU, the largest of each row. */
export const readGreedy: Read = async (logits) => {
  const rows = greedyRows(logits);
  logits.dispose();
  const found = await readAndDispose(rows);
  return (row) => {
    const [token, logSum, bad] = found.subarray(3 * row, 3 * row + 3) as unknown as [number, number, number];
    if (bad >= 0) throw brokenLogit(bad, 'not a finite number');
    return { token, logProb: -logSum, proposalLogProb: 0 };
  };
};
