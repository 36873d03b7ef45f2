import { describe, expect, it } from 'vitest';
import { turnByTurn } from '../../../src/ui/credit/turn-columns';
import type { CreditToken } from '../../../workers/protocol';

const token = (text: string, step: number, weight = 1): CreditToken => ({
  ...{ text, step, weight, policyLogProb: -1, referenceLogProb: -1, reward: 0, push: 0 },
});

describe('a conversation turn by turn', () => {
  it('keeps what the model was told between its turns, and gives each turn its weight', () => {
    const tokens = [
      token('go', 0, 1.5),
      token(' left', 0, 1.5),
      token('\nwall', -1),
      token('go right', 2, 0.5),
      token('\nhome', -1),
    ];
    expect(turnByTurn({ tokens })).toEqual([
      { text: 'go left', turn: 1, weight: 1.5 },
      { text: '\nwall' },
      { text: 'go right', turn: 2, weight: 0.5 },
      { text: '\nhome' },
    ]);
  });

  it('means over the tokens of a turn where they weigh differently, and parts turns with nothing between them', () => {
    const tokens = [token('a', 0, 1), token('b', 0, 2), token('c', 0, 3), token('d', 1, 0)];
    expect(turnByTurn({ tokens })).toEqual([
      { text: 'abc', turn: 1, weight: 2 },
      { text: 'd', turn: 2, weight: 0 },
    ]);
  });

  it('has nothing of an answer without tokens', () => expect(turnByTurn({ tokens: [] })).toEqual([]));
});
