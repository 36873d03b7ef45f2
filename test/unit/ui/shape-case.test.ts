import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { exampleCase } from '../../../src/train/loss-case/example-case';
import type { QuestionId } from '../../../src/ui/loss/shape-case';
import { caseOfPair, caseOfQuestion, moved, questions } from '../../../src/ui/loss/shape-case';
import type { CreditToken, CreditView } from '../../../workers/protocol';

beforeAll(async () => {
  await initBackend('cpu');
});

const ask = async (method: string, id: QuestionId) => {
  const given = caseOfQuestion(await exampleCase(method), id);
  return given && computeLoss(given);
};

describe('questions', () => {
  it('are computed by every method that compares answers, and are none for the others', async () => {
    for (const { id, eats } of methods) {
      const given = caseOfQuestion(await exampleCase(id), 'both-fall');
      if (eats === 'solutions' || eats === 'answers') expect(given, id).toBeUndefined();
      else if (given) expect((await computeLoss(given)).loss, id).toSatisfy(Number.isFinite);
    }
  });

  it('show what they ask', async () => {
    const stuck = await ask('dpo', 'stuck');
    expect(stuck!.loss).toBeCloseTo(Math.LN2, 6);
    expect(stuck!.gradient[0]![0]![0]!.policy[0]).toBeLessThan(0);
    // Both fell, and the margin is positive: DPO is content, DPOP is not.
    expect((await ask('dpo', 'both-fall'))!.loss).toBeLessThan(Math.LN2);
    expect((await ask('dpop', 'both-fall'))!.loss).toBeGreaterThan(
      10 * (await ask('dpo', 'both-fall'))!.loss,
    );
    // Twelve tokens against three, each up by 0.1: a margin of 0.9 for a sum, none for a mean.
    expect((await ask('dpo', 'long'))!.metrics['rewards/margins']).toBeCloseTo(0.09, 5);
    expect((await ask('dpo-norm', 'long'))!.loss).toBeCloseTo(Math.LN2, 5);
    expect((await ask('dpo', 'wrong-way'))!.metrics['rewards/margins']).toBeLessThan(0);
    for (const { label, look } of Object.values(questions)) expect(`${label} ${look}`).not.toMatch(/\s\s/);
  });
});

describe('a number that is moved', () => {
  it('is the one named, and a log-prob stays one', async () => {
    const given = caseOfQuestion(await exampleCase('dpo'), 'stuck')!;
    const up = moved(given, 'prompt 0, response 1, step 0, policy[2]', 0.1)!;
    expect(up.prompts[0]!.responses[1]!.steps[0]!.policy).toEqual([-1.5, -1.5, -1.4, -1.5]);
    expect(given.prompts[0]!.responses[1]!.steps[0]!.policy[2]).toBe(-1.5);
    const top = moved(given, 'prompt 0, response 1, step 0, policy[2]', 5)!;
    expect(top.prompts[0]!.responses[1]!.steps[0]!.policy[2]).toBe(0);
    expect(moved(given, 'prompt 0, response 1, step 0, policy[9]', 1)).toBeUndefined();
    expect(moved(given, 'prompt 3, response 1, step 0, policy[0]', 1)).toBeUndefined();
    const svpo = await exampleCase('svpo');
    const value = svpo.prompts[0]!.responses[0]!.steps[0]!.valueEnd!;
    const higher = moved(svpo, 'prompt 0, response 0, step 0, valueEnd', 1)!;
    expect(higher.prompts[0]!.responses[0]!.steps[0]!.valueEnd).toBeCloseTo(value + 1, 6);
  });
});

it('a pair of a run is a case of its scored tokens, step by step, and gives the run’s loss', async () => {
  const token = (step: number, policyLogProb: number, referenceLogProb: number): CreditToken => ({
    text: 'x',
    step,
    policyLogProb,
    referenceLogProb,
    weight: 1,
    reward: 0,
    push: 0,
  });
  const side = (role: 'chosen' | 'rejected', tokens: CreditToken[]) => ({
    role,
    tokens,
    steps: [],
    reward: 0,
  });
  const view: CreditView = {
    treeId: 't',
    prompt: 'p',
    method: 'dpo',
    responses: [
      side('rejected', [token(-1, 0, 0), token(0, -1, -0.5)]),
      side('chosen', [token(-1, 0, 0), token(0, -0.5, -1), token(1, -0.25, -0.5), token(1, -2, -2)]),
    ],
    loss: 0,
  };
  const given = caseOfPair(view, 'dpo', { beta: 1 });
  expect(given.prompts[0]!.comparisons).toEqual([{ chosen: 1, rejected: 0 }]);
  expect(given.prompts[0]!.responses[1]!.steps.map(({ policy }) => policy)).toEqual([[-0.5], [-0.25, -2]]);
  expect((await computeLoss(given)).loss).toBeCloseTo(Math.log1p(Math.exp(-(0.75 + 0.5))), 6);
});
