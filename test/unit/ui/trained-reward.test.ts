import { expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { defaultRun } from '../../../src/train/run-document';
import { trainedReward } from '../../../src/ui/trained-reward';

it('names the measure that a run on images trains on', () => {
  const of = (id: string, params: Record<string, string> = {}) => {
    const run = defaultRun(methods.find((m) => m.id === id)!);
    const source = run.data.source!;
    return trainedReward({
      ...run,
      data: { ...run.data, source: { ...source, params: { ...source.params, ...params } } },
    });
  };
  expect(of('diffusion-dpo')).toBe('colour');
  expect(of('diffusion-dpo', { reward: 'brightness' })).toBe('brightness');
  expect(of('diffusion-dpo', { reward: 'weighed' })).toBeUndefined();
  expect(of('rankdpo')).toBe('mix');
  expect(of('dpo')).toBeUndefined();
  expect(trainedReward(undefined)).toBeUndefined();
});
