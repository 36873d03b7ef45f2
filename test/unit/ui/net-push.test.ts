import { expect, it } from 'vitest';
import { blameWords, measuresOf, shade, stepCredit, withNetPush } from '../../../src/ui/credit/explain';
import type { CreditResponse, CreditToken, CreditView } from '../../../workers/protocol';

const token = (text: string, push: number, more: Partial<CreditToken> = {}): CreditToken => ({
  text,
  step: 0,
  policyLogProb: -1,
  referenceLogProb: -1,
  startLogProb: -1.5,
  weight: 1,
  reward: 0,
  push,
  ...more,
});
const answer = (role: CreditResponse['role'], tokens: CreditToken[]): CreditResponse => ({
  role,
  tokens,
  steps: [{ text: '', scored: true, reward: 0, push: 0, correct: undefined }],
  reward: 0,
});
const view = (...responses: CreditResponse[]): CreditView => ({
  treeId: 't',
  prompt: '',
  method: 'dpo',
  responses,
  loss: 0,
});
const pair = view(
  answer('chosen', [token('p', 0, { step: -1 }), token('1', 0.5), token('9', 0.5), token('4', 0.5)]),
  answer('rejected', [
    token('p', 0, { step: -1 }),
    token('1', -0.4),
    token('9', -0.4),
    token('5', -0.4),
    token('5', -0.4),
  ]),
);

it('adds the pushes on what both answers begin with, and leaves the rest', () => {
  const netted = withNetPush(pair);
  const [chosen, rejected] = netted.responses.map(({ tokens }) =>
    tokens.map((t) => Number(shade(t, 'net').toFixed(6))),
  );
  expect(chosen).toEqual([0, 0.1, 0.1, 0.5]);
  expect(rejected).toEqual([0, 0.1, 0.1, -0.4, -0.4]);
  expect(stepCredit(netted.responses[0]!, 0, 'net')).toBeCloseTo(0.7, 9);
  expect(shade(netted.responses[0]!.tokens[1]!, 'start')).toBe(0.5);
  expect(stepCredit(netted.responses[1]!, 0, 'start')).toBeCloseTo(2, 9);
});

it('offers what a view has numbers for', () => {
  expect(measuresOf(withNetPush(pair))).toEqual(['reward', 'start', 'push', 'net']);
  const alone = view(answer('response', [token('1', 0.5, { weight: 2 })]));
  delete alone.responses[0]!.tokens[0]!.startLogProb;
  expect(measuresOf(withNetPush(alone))).toEqual(['reward', 'push', 'weight']);
});

it('says how much of the push down hits right lines', () => {
  expect(blameWords(pair)).toBe(''); // nobody judged its steps
  const judged = {
    ...pair,
    responses: pair.responses.map((response) => ({
      ...response,
      tokens: response.tokens.map((t, i) => ({ ...t, step: i === 0 ? -1 : i < 3 ? 0 : 1 })),
      steps: [true, response.role === 'chosen'].map((correct) => ({
        ...{ text: '', scored: true, reward: 0, push: 0 },
        correct,
      })),
    })),
  };
  // Two tokens of 0.4 on a right line, both undone by 0.5 on the other side, and two on the wrong one.
  expect(blameWords(judged)).toMatch(
    /^Of the push down on the rejected answer 50\s%.* 50\s% of it is undone/,
  );
});
