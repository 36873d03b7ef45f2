import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aheadOf,
  blindOf,
  type Click,
  type ClickSession,
  chosenOf,
  clickedOf,
  current,
  decidedOf,
  habitsOf,
  mirrorEvery,
  newSession,
  promptsOf,
  type Round,
  readSession,
  toRows,
  undone,
  withClick,
  withNext,
} from '../../../src/ui/click/session';

const begun = (pairs: number, chat = false): ClickSession => {
  const session = newSession({
    model: 'm',
    world: { task: 'arithmetic', difficulty: 'easy' },
    chat,
    seed: 3,
    prompts: [],
  });
  const round: Round = {
    ...session.first,
    pairs: Array.from({ length: pairs }, (_, i) => ({
      prompt: `p${i}`,
      answers: [
        { text: `good ${i}`, tokens: 4, right: true },
        { text: `bad ${i}`, tokens: 7, right: false },
      ] as const,
    })),
    asked: pairs,
  };
  return { ...session, first: withNext(round, 3) };
};

/** Clicks through a round, by what is on the screen. */
const clickThrough = (from: Round, clicks: number, choose: (round: Round) => Click): Round => {
  let round = from;
  for (let i = 0; i < clicks && current(round); i++) round = withNext(withClick(round, choose(round)), 3);
  return round;
};

/** Takes the answer with this index wherever it lies. */
const take =
  (answer: 0 | 1) =>
  (round: Round): Click =>
    (current(round)!.flipped ? 1 - answer : answer) === 0 ? 'left' : 'right';

describe('clicking', () => {
  it('shows each pair once, and every eighth time an earlier one with its sides changed', () => {
    const { first } = begun(40);
    const { shown } = clickThrough(first, 46, take(0));
    const fresh = shown.filter(({ mirrored }) => !mirrored);
    expect(fresh.map(({ pair }) => pair)).toEqual(fresh.map((_, i) => i));
    shown.forEach(({ mirrored, pair, flipped }, i) => {
      expect(mirrored, `place ${i}`).toBe((i + 1) % mirrorEvery === 0);
      if (!mirrored) return;
      const before = shown.findIndex((own) => own.pair === pair);
      expect(i - before).toBeGreaterThanOrEqual(4);
      expect(shown[before]!.flipped).toBe(!flipped);
    });
    // Sides are shuffled: neither is always the better one's.
    const flips = fresh.filter(({ flipped }) => flipped).length;
    expect(flips).toBeGreaterThan(10);
    expect(flips).toBeLessThan(30);
  });

  it('takes back any number of clicks, one at a time, and gives them again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Click>('left', 'right', 'same', 'neither'), { maxLength: 24 }),
        fc.nat(24),
        (clicks, back) => {
          const { first } = begun(30);
          const at = [first];
          for (const click of clicks) at.push(withNext(withClick(at.at(-1)!, click), 3));
          let round = at.at(-1)!;
          const steps = Math.min(back, clicks.length);
          for (let i = 0; i < steps; i++) round = undone(round);
          expect(withNext(round, 3)).toEqual(at[clicks.length - steps]);
          expect(clickedOf(round)).toBe(clicks.length - steps);
        },
      ),
    );
  });

  it('one who follows the verifier agrees with it and with himself, and likes it short', () => {
    const round = clickThrough(begun(40).first, 40, take(0));
    const { self, verifier, left, longer } = habitsOf(round);
    expect(self).toMatchObject({ hits: 5, of: 5 });
    expect(verifier).toMatchObject({ hits: 35, of: 35 });
    expect(longer).toMatchObject({ hits: 0, of: 35 });
    expect(left.interval[0]).toBeLessThan(0.5);
    expect(left.interval[1]).toBeGreaterThan(0.5);
  });

  it('one who always presses the same key disagrees with himself, and the place shows', () => {
    const { self, left } = habitsOf(clickThrough(begun(40).first, 40, () => 'left'));
    expect(self).toMatchObject({ hits: 0, of: 5 });
    expect(left).toMatchObject({ hits: 35, of: 35 });
    // "As good" of the same pair twice is agreement.
    expect(habitsOf(clickThrough(begun(40).first, 16, () => 'same')).self).toMatchObject({ hits: 2, of: 2 });
  });

  it('writes TRL’s rows: pairs that were decided, and thumbs for all but what is as good', () => {
    const clicks: Click[] = ['same', 'neither'];
    const session = begun(12);
    let { first } = session;
    for (const click of clicks) first = withNext(withClick(first, click), 3);
    first = clickThrough(first, 8, take(0));
    const pairs = toRows({ ...session, first }, 'pairs').map((row) => JSON.parse(row));
    expect(pairs).toHaveLength(decidedOf(first));
    expect(pairs[0]).toEqual({ prompt: 'p2', chosen: 'good 2', rejected: 'bad 2' });
    const thumbs = toRows({ ...session, first }, 'thumbs').map((row) => JSON.parse(row));
    expect(thumbs.slice(0, 4)).toEqual([
      { prompt: 'p1', completion: 'good 1', label: false },
      { prompt: 'p1', completion: 'bad 1', label: false },
      { prompt: 'p2', completion: 'good 2', label: true },
      { prompt: 'p2', completion: 'bad 2', label: false },
    ]);
    const talk = toRows({ ...session, first, chat: true }, 'pairs').map((row) => JSON.parse(row));
    expect(talk[0]).toEqual({
      prompt: [{ role: 'user', content: 'p2' }],
      chosen: [{ role: 'assistant', content: 'good 2' }],
      rejected: [{ role: 'assistant', content: 'bad 2' }],
    });
  });

  it('counts the blind round by model, not by side', () => {
    const round = clickThrough(begun(20).first, 12, take(1));
    const { now, before, after } = blindOf(round);
    expect(now).toMatchObject({ hits: 11, of: 11 });
    expect(before).toMatchObject({ hits: 20, of: 20 });
    expect(after).toMatchObject({ hits: 0, of: 20 });
    expect(promptsOf(round)).toHaveLength(11);
    expect(aheadOf(round)).toBe(8);
    expect(chosenOf({ pair: 0, flipped: true, mirrored: false, click: 'left' })).toBe(1);
  });

  it('reads what it kept, and nothing else', () => {
    const session = begun(3);
    expect(readSession(JSON.stringify(session))).toEqual(session);
    for (const bad of [
      '',
      '{',
      '{"version":2}',
      JSON.stringify({ ...session, first: { pairs: [], shown: [{ pair: 1 }] } }),
    ])
      expect(readSession(bad)).toBeUndefined();
  });
});
