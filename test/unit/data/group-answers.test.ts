import { describe, expect, it } from 'vitest';
import type { ScoredExample } from '../../../src/data/formats/example';
import { groupAnswers } from '../../../src/data/prepare/group-answers';

const answer = (row: number, text: string, score: 0 | 1): ScoredExample => ({
  kind: 'scored',
  where: `line ${row}`,
  prompt: 'Q',
  responses: [{ text, score, desirable: score === 1 }],
});

describe('labelled answers for a method of steps', () => {
  it('become pairs of whole answers where no step has a label', () => {
    const [group] = groupAnswers([answer(1, 'yes', 1), answer(2, 'no', 0)], 'steps', 1);
    expect(group!.examples).toMatchObject([{ kind: 'pair', chosen: 'yes', rejected: 'no' }]);
  });

  it('make nothing of answers of one label', () => {
    expect(groupAnswers([answer(1, 'yes', 1)], 'steps', 1)[0]!.examples).toEqual([]);
  });
});
