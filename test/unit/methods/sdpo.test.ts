import { beforeAll, describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { exampleCase } from '../../../src/train/loss-case/example-case';

beforeAll(async () => {
  await initBackend('cpu');
});

describe('sdpo', () => {
  it('is the formula of its paper on its example', async () => {
    const given = await exampleCase('sdpo');
    const beta = 0.1;
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const margins = given.prompts.flatMap(({ responses, comparisons }) => {
      const logRatios = responses.map(({ steps }) =>
        sum(steps.map(({ policy, reference }) => sum(policy) - sum(reference ?? []))),
      );
      return comparisons.map(({ chosen, rejected }) => logRatios[chosen]! - logRatios[rejected]!);
    });
    const losses = margins.map((margin) => Math.log1p(Math.exp(-beta * margin)));
    const { loss } = await computeLoss(given);
    expect(loss).toBeCloseTo(sum(losses) / losses.length, 6);
  });
});
