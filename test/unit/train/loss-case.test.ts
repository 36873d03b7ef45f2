import { beforeAll, expect, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import { LossCaseError } from '../../../src/train/loss-case/case';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { wholeCase } from '../../support/loss-cases';

beforeAll(async () => {
  await initBackend('cpu');
});

/** A ranking: the middle answer loses to the first and wins over the last. */
const chain = (method: string) => {
  const given = wholeCase(method);
  given.prompts[0]!.comparisons = [
    { chosen: 0, rejected: 1, margin: 1 },
    { chosen: 1, rejected: 2, margin: 1 },
  ];
  return given;
};

const refusal = async (given: unknown): Promise<string> => {
  const error: unknown = await computeLoss(given).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(LossCaseError);
  return (error as Error).message;
};

it('refuses an answer in two roles where the method gives each one role, and takes it elsewhere', async () => {
  expect(await refusal(chain('tgdpo'))).toBe(
    'prompt 0: response 1 is chosen in one comparison and rejected in another, and TGDPO gives each one role only',
  );
  for (const id of ['dpo', 'ld-dpo', 'bmc', 'gdpo']) {
    expect(Number.isFinite((await computeLoss(chain(id))).loss)).toBe(true);
  }
});

it('names the comparison that has no margin, where a reward model’s is read', async () => {
  const given = wholeCase('madpo');
  const { margin: _, ...without } = given.prompts[0]!.comparisons[1]!;
  given.prompts[0]!.comparisons[1] = without as (typeof given.prompts)[0]['comparisons'][0];
  expect(await refusal(given)).toBe('prompt 0, comparison 1: has no margin, and MADPO reads one');
  expect(Number.isFinite((await computeLoss({ ...given, method: 'dpo', params: {} })).loss)).toBe(true);
});
