import { describe, expect, it } from 'vitest';
import { partsByPrompt, withReplay } from '../../../src/run/shares';
import { pairTree } from '../../../src/tree/build';

const pair = (id: string, prompt: number) =>
  pairTree({
    id,
    prompt: [1, prompt],
    sharedSteps: [],
    chosenSteps: [[3]],
    rejectedSteps: [[4]],
    scores: { chosen: 1, rejected: 0 },
  });
const ids = (trees: readonly { id: string }[]) => trees.map(({ id }) => id).join('');

describe('a file shared out among rounds', () => {
  const trees = [...'abcdefg'].map((id, i) => pair(id, [5, 5, 6, 7, 8, 6, 9][i]!));

  it('is cut by prompt, in turns, and nothing is lost', () => {
    expect(partsByPrompt(trees, 2, 'f').map(ids)).toEqual(['abdg', 'cef']);
    expect(partsByPrompt(trees, 3, 'f').map(ids)).toEqual(['abe', 'cfg', 'd']);
    expect(partsByPrompt(trees, 1, 'f').map(ids)).toEqual(['abcdefg']);
  });

  it('with fewer prompts than rounds is refused with both numbers', () => {
    expect(() => partsByPrompt(trees, 6, 'f.csv')).toThrow(
      /f\.csv.* 5 prompts .* among 6 rounds; give more, or fewer rounds/,
    );
  });
});

describe('replay', () => {
  const older = [pair('p', 5), pair('q', 6), pair('r', 7), pair('s', 8)];
  it('takes older trees of other prompts, as many as make up the share', () => {
    const own = [pair('a', 6), pair('b', 9)];
    expect(ids(withReplay(own, older, 0.5))).toBe('abpr');
    expect(ids(withReplay(own, older, 0.6))).toBe('abprs');
    expect(ids(withReplay(own, older, 0.9))).toBe('abprs');
    expect(ids(withReplay([pair('p', 9)], older, 0.5))).toBe('pq');
  });
});
