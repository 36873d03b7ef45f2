import { describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import { defaultParams } from '../../../src/methods/params';
import { passInfo } from '../../../src/run/pass-words';

const wordsOf = (id: string, params: Record<string, number | string> = {}) => {
  const method = methodById(id);
  return passInfo(method.passes({ ...defaultParams(method), ...params }), 30);
};

describe('the passes of a run in words', () => {
  it('say where a round of APO begins, as the sum that it is', () => {
    const rounds = wordsOf('apo', { alpha: 0.3 });
    expect(rounds.map(({ from }) => from)).toEqual([
      'the start',
      '1.3 × Round 1 − 0.3 × the start',
      '1.3 × Round 2 − 0.3 × Round 1',
    ]);
    expect(rounds.map(({ reference }) => reference)).toEqual(rounds.map(({ from }) => from));
    expect(rounds.map(({ data, steps }) => [data, steps])).toEqual([
      ['the run’s data', 10],
      ['fresh data', 10],
      ['fresh data', 10],
    ]);
  });

  it('name sources, replay, and a reference that follows or is not read', () => {
    expect(wordsOf('dice', { replay: 0.25 })[1]).toEqual({
      id: 'dice-1',
      label: 'Bootstrapped round 1',
      from: 'DPO on judged pairs',
      reference: 'DPO on judged pairs',
      data: 'implicit rewards, 25 % of the first data mixed in',
      steps: 30,
    });
    expect(wordsOf('tr-dpo')[0]!.reference).toBe('the start, which then follows the policy');
    expect(wordsOf('sft')[0]!.reference).toBeUndefined();
  });
});
