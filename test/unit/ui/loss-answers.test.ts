import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { exampleCase } from '../../../src/train/loss-case/example-case';
import { lossPlane } from '../../../src/train/loss-case/loss-plane';
import {
  addAnswer,
  addToken,
  answersOfQuestion,
  caseOfAnswers,
  cut,
  derivatives,
  gained,
  type LabAnswers,
  moveTo,
  removeToken,
  set,
  share,
} from '../../../src/ui/loss/answers';
import { questions } from '../../../src/ui/loss/shape-case';

beforeAll(async () => {
  await initBackend('cpu');
});

const ids = Object.keys(questions) as (keyof typeof questions)[];
const caseFor = async (method: string, state: LabAnswers) => caseOfAnswers(await exampleCase(method), state)!;

describe('answers of the loss lab', () => {
  it('are a case of every method that compares answers or labels them', async () => {
    const three = cut(addAnswer(answersOfQuestion('both-fall')), { answer: 0, token: 2 });
    for (const { id, eats } of methods) {
      if (eats.startsWith('latent')) continue;
      const given = caseOfAnswers(await exampleCase(id), three);
      if (eats === 'solutions') continue;
      expect(given, id).toBeDefined();
      const { loss, gradient } = await computeLoss(given);
      expect(loss, id).toSatisfy(Number.isFinite);
      expect(gradient[0]!.length, id).toBeGreaterThanOrEqual(eats === 'lists' ? 3 : 2);
    }
  });

  it('show what the questions ask, by DPO', async () => {
    const at = async (id: (typeof ids)[number]) =>
      (await computeLoss(await caseFor('dpo', answersOfQuestion(id)))).loss;
    expect(await at('stuck')).toBeCloseTo(Math.LN2, 6);
    expect(await at('both-fall')).toBeLessThan(Math.LN2);
    expect(await at('wrong-way')).toBeGreaterThan(Math.LN2);
  });

  it('hold what both share alike on both sides, through any changes', () => {
    const change = fc.tuple(
      fc.constantFrom('set', 'add', 'remove', 'share', 'move'),
      fc.nat(1),
      fc.nat(14),
      fc.double({ min: -4, max: 4, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.array(change, { maxLength: 30 }), (id, changes) => {
        let state = answersOfQuestion(id);
        for (const [kind, answer, at, by] of changes) {
          const spot = { answer, token: at % state.answers[answer]!.tokens.length };
          if (kind === 'set') state = set(state, spot, 'policy', by);
          if (kind === 'add') state = addToken(state, spot);
          if (kind === 'remove') state = removeToken(state, spot);
          if (kind === 'share') state = share(state, spot);
          if (kind === 'move') state = moveTo(state, answer, 3 * by);
          const [one, two] = state.answers;
          expect(one!.tokens.slice(0, state.shared)).toEqual(two!.tokens.slice(0, state.shared));
          expect(Math.min(one!.tokens.length, two!.tokens.length)).toBeGreaterThanOrEqual(
            Math.max(1, state.shared),
          );
          for (const { ratio, reference } of state.answers.flatMap(({ tokens }) => tokens))
            expect(ratio + reference).toBeLessThanOrEqual(1e-9);
        }
      }),
    );
  });

  it('cancel on what both share under DPO, and not under a loss of the chosen side', async () => {
    const state = share(answersOfQuestion('both-fall'), { answer: 0, token: 1 });
    const net = async (method: string) => {
      const { gradient } = await computeLoss(await caseFor(method, state));
      return derivatives(gradient[0] as never, state, 'policy');
    };
    const [chosen, rejected] = await net('dpo');
    expect(chosen!.slice(0, 2)).toEqual([0, 0]);
    expect(chosen![2]).toBeLessThan(0);
    expect(rejected![2]).toBeGreaterThan(0);
    expect((await net('dpop'))[0]![0]).toBeLessThan(0);
  });

  it('have values of states and of steps where a loss reads them', async () => {
    const two = cut(answersOfQuestion('both-fall'), { answer: 0, token: 2 });
    const at = async (method: string, state: LabAnswers, field: 'value' | 'valueEnd') => {
      const { loss, gradient } = await computeLoss(await caseFor(method, state));
      return { loss, by: derivatives(gradient[0] as never, state, field)[0]! };
    };
    const step = 1e-2;
    for (const [method, field] of [
      ['svpo', 'valueEnd'],
      ['oreo', 'value'],
    ] as const) {
      const spot = { answer: 0, token: 2 };
      const from = set(two, spot, field, 0.3);
      const [{ by }, up, down] = await Promise.all([
        at(method, from, field),
        at(method, set(two, spot, field, 0.3 + step), field),
        at(method, set(two, spot, field, 0.3 - step), field),
      ]);
      expect(by, method).toHaveLength(4);
      // OREO's loss holds half of its values fixed, so that its derivative is not the slope; its sign is.
      const slope = (up.loss - down.loss) / (2 * step);
      if (method === 'svpo') expect(slope).toBeCloseTo(by[2]!, 2);
      expect(Math.sign(slope), method).toBe(Math.sign(by[2]!));
      expect(Math.abs(by[2]!), method).toBeGreaterThan(1e-4);
    }
  });

  it('have their plane: its middle is their own loss, and what is likelier than certain has none', async () => {
    const state = answersOfQuestion('both-fall');
    const given = await caseFor('dpo', state);
    const [x, y] = state.answers.map(gained);
    const plane = await lossPlane(given, { first: [x!, x! + 1, 6.1], second: [y!, y! - 2] });
    const { loss } = await computeLoss(given);
    expect(plane[0]![0]).toBeCloseTo(loss, 6);
    expect(plane[1]![1]).toBeCloseTo(Math.log1p(Math.exp(-0.1 * (x! - y! + 3))), 5);
    // Four tokens of -1.5 can gain 6 nats at most.
    expect(plane[0]![2]).toBeNaN();
    // By a mean over tokens a longer answer does not gain by its length.
    const long = answersOfQuestion('long');
    const mean = await lossPlane(await caseFor('dpo-norm', long), { first: [1.2], second: [0.3] });
    expect(mean[0]![0]).toBeCloseTo(Math.LN2, 5);
  });
});
