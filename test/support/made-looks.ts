import type { PictureLook, PushLook, WeightLook } from '../../src/lessons/looks';
import { pushShares } from '../../src/lessons/push';
import type { CreditResponse, CreditView } from '../../workers/protocol';
import type { MadeLooks } from './made-live';

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
export const madeCredit = (up: number, wrongFrom = 1): CreditView => ({
  treeId: 'made',
  prompt: '1,+1',
  method: 'dpo',
  loss: Math.LN2,
  responses: [response('chosen', '12\n13\n', up, 2), response('rejected', '12\n14\n', -up, wrongFrom)],
});

const pushes: MadeLooks[string] = (rng): PushLook => {
  const push = () => (rng.next() < 0.3 ? 0 : rng.next());
  const pair = madeCredit(push(), rng.int(2));
  return { shares: pushShares([pair, madeCredit(push(), rng.int(2))]) ?? null, pair };
};

const weights: MadeLooks[string] = (rng): WeightLook => ({
  low: rng.next() < 0.5 ? 0.95 : rng.next(),
  high: rng.next() < 0.5 ? 1.05 : 1 + 4 * rng.next(),
  pair: madeCredit(0.1),
});

const lengths: MadeLooks[string] = (rng) => ({
  pairs: 20,
  longer: rng.next() / 2,
  shorter: rng.next() / 2,
  gap: 8 * rng.next() - 2,
});

const probe: MadeLooks[string] = (rng) => ({ probe: rng.next(), length: rng.next() });

const searched: MadeLooks[string] = (rng) => {
  const step = () => ({
    text: '1+1=2',
    prior: rng.next(),
    q: rng.next(),
    visits: rng.int(6),
    right: rng.next() < 0.5,
  });
  const pairs = rng.next() < 0.15 ? 0 : 1 + rng.int(3);
  return Array.from({ length: pairs }, () => ({ prompt: '1,+1', chosen: step(), rejected: step() }));
};

const pair: MadeLooks[string] = (rng): PictureLook => {
  const pictures = ['A', 'B'].map(() => ({ pixels: [0, 0, 0], reward: 4 * rng.next() - 2 }));
  return rng.next() < 0.1 ? null : { asked: 'red disc', pictures };
};

/** By the names that lessons give their looks. */
export const madeLooks: MadeLooks = {
  pushes,
  weights,
  strong: weights,
  lengths,
  probe,
  searched,
  pair,
};
