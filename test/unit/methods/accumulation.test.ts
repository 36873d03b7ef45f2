import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import { initBackend } from '../../../src/tf';
import { computeLossAndOver } from '../../../src/train/loss-case/compute-loss';
import type { GoldenLoss } from '../../support/golden-losses';
import { goldenLosses } from '../../support/golden-losses';

/** Losses that compare each pair or answer with the batch that it is in, or (SamPO) draw by the prompt's name, which is its place in a case. */
const byBatch = ['aot', 'aot-unpaired', 'alpha-dpo', 'beta-dpo', 'dr-dpo', 'bco', 'sampo'];

/** Whether the loss ties the prompts of a batch together, so that it is not a mean of the parts. */
const coupled = ({ method, params, prompts }: GoldenLoss['case']): boolean => {
  if (byBatch.includes(method)) return true;
  if (method === 'cpo') return params['sftWeight'] !== 0; // pools tokens
  if (method === 'simpo') return params['sftWeight'] !== undefined && params['sftWeight'] !== 0; // likewise
  if (params['average'] === 'token-mean' && method !== 'ipo') return true; // likewise
  return prompts.some(({ responses }) => responses.some(({ labels }) => labels?.['mismatched'])); // one baseline
};

beforeAll(async () => {
  await initBackend('cpu');
});

describe.each(methods.map((m) => [m.id] as const))('%s', (id) => {
  const own = goldenLosses.filter((c) => c.case.method === id && c.case.prompts.length > 1);
  it('is the mean of its micro-batches, each weighed by what its loss is over', async () => {
    const { length } = own.filter((c) => !coupled(c.case));
    expect(length > 0 || byBatch.includes(id)).toBe(true);
    for (const c of own) {
      if (coupled(c.case)) continue;
      const [first, ...rest] = c.case.prompts;
      const parts = await Promise.all(
        [[first], rest].map((prompts) => computeLossAndOver({ ...c.case, prompts })),
      );
      const over = parts.reduce((sum, part) => sum + part.over, 0);
      const loss = parts.reduce((sum, part) => sum + part.over * part.loss, 0) / Math.max(1, over);
      expect(Math.abs(loss - c.loss), `${c.name}: ${loss}, ${c.loss}`).toBeLessThanOrEqual(
        2e-6 + 2e-5 * Math.abs(c.loss),
      );
    }
  });
});
