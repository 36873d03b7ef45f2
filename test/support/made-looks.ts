import type { WhoGotIt } from '../../src/lessons/looks';
import type { CreditResponse, CreditView } from '../../workers/protocol';
import type { MadeLooks } from './made-live';

const who: MadeLooks[string] = (rng): WhoGotIt | null => {
  if (rng.next() < 0.2) return null;
  const next = ['1', '2', '3'].map((text) => ({ text, before: rng.next() / 3, now: rng.next() / 3 }));
  const winner = rng.pick(next).text;
  return { tree: 0, line: '1+1=', chosen: '1', rejected: '2', winner, next };
};

const response = (
  role: CreditResponse['role'],
  texts: string,
  push: number,
  wrongFrom: number,
): CreditResponse => ({
  role,
  reward: 0,
  tokens: [...texts].map((text, i) => ({
    text,
    step: i < 3 ? 0 : 1,
    policyLogProb: -1,
    referenceLogProb: -1,
    weight: 1,
    reward: 0,
    push,
  })),
  steps: [0, 1].map((i) => ({
    text: texts,
    scored: true,
    reward: 0,
    push: 3 * push,
    correct: i < wrongFrom,
  })),
});

/** A pair of six tokens in two lines; the rejected one is wrong in the second. */
export const madeCredit = (up: number): CreditView => ({
  treeId: 'made',
  prompt: '1,+1',
  method: 'dpo',
  loss: Math.LN2,
  responses: [response('chosen', '12\n13\n', up, 2), response('rejected', '12\n14\n', -up, 1)],
});

const credit: MadeLooks[string] = (rng) => [madeCredit(rng.next() < 0.3 ? 0 : rng.next()), madeCredit(0.05)];

/** By the names that lessons give their looks. */
export const madeLooks: MadeLooks = { who, credit };
