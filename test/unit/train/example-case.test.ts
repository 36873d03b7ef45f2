import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import { initBackend, tf } from '../../../src/tf';
import type { CaseStep, LossCase } from '../../../src/train/loss-case/case';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { exampleCase } from '../../../src/train/loss-case/example-case';

beforeAll(async () => {
  await initBackend('cpu');
});

const stepsOf = ({ prompts }: LossCase): CaseStep[] =>
  prompts.flatMap(({ responses }) => responses.flatMap(({ steps }) => steps));

/** The case without one field of its steps. */
const without = (given: LossCase, field: string): LossCase => ({
  ...given,
  prompts: given.prompts.map((prompt) => ({
    ...prompt,
    responses: prompt.responses.map((response) => ({
      ...response,
      steps: response.steps.map((step) => {
        const { [field as 'kl']: _left, ...rest } = step;
        return rest;
      }),
    })),
  })),
});

describe.each(methods.map((m) => [m.id] as const))('%s', (id) => {
  it('has an example that can be computed, moves something, and is always the same', async () => {
    const before = tf.memory().numTensors;
    const given = await exampleCase(id);
    expect(await exampleCase(id)).toEqual(given);
    expect(JSON.parse(JSON.stringify(given))).toEqual(given);
    const { loss, gradient } = await computeLoss(given);
    expect(tf.memory().numTensors).toBe(before);
    const slopes = gradient.flat(2).flatMap(({ policy }) => policy);
    expect([loss, ...slopes].filter((x) => !Number.isFinite(x))).toEqual([]);
    expect(slopes.some((g) => g !== 0)).toBe(true);
  });

  it('has nothing in it that the loss does not read', async () => {
    const given = await exampleCase(id);
    const whole = await computeLoss(given);
    const fields = Object.keys(stepsOf(given)[0]!).filter((field) => field !== 'policy');
    for (const field of fields) {
      const answer = await computeLoss(without(given, field)).catch((error: Error) => error.message);
      const same = typeof answer !== 'string' && answer.loss === whole.loss;
      expect(same, `${field} makes no difference`).toBe(false);
    }
  });
});

describe('what no objective names is found all the same', () => {
  it('texts that BMC compares, margins of MADPO, values of SVPO, an answer to another prompt for KTO', async () => {
    expect(stepsOf(await exampleCase('bmc')).every(({ tokens }) => tokens)).toBe(true);
    const { prompts } = await exampleCase('madpo');
    expect(prompts.every(({ comparisons }) => comparisons.every(({ margin }) => margin !== undefined))).toBe(
      true,
    );
    expect(stepsOf(await exampleCase('svpo')).every(({ labels }) => labels?.['q'] !== undefined)).toBe(true);
    const kto = (await exampleCase('kto')).prompts[0]!;
    expect(kto.comparisons).toEqual([]);
    expect(kto.responses.map(({ labels }) => labels)).toEqual([
      { desirable: 1 },
      { desirable: 0 },
      { mismatched: 1 },
    ]);
    expect(Object.keys(stepsOf(await exampleCase('simpo'))[0]!)).toEqual(['policy']);
  });
});
