import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import { expertAndRollout } from '../../../src/sources/expert-and-rollout';
import { resampledSessions } from '../../../src/sources/resampled-sessions';
import { rightAndWrong } from '../../../src/sources/right-and-wrong';
import type { Source } from '../../../src/sources/source';
import { workedSolutions } from '../../../src/sources/worked-solutions';
import { actionsOf, linesOf } from '../../../src/tasks/environment';
import { bestMoves, firstState, moves, stateAfter } from '../../../src/tasks/turns/rules';
import { turns } from '../../../src/tasks/turns/turns';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';
import { validateTree } from '../../../src/tree/validate';
import { speakingContext } from '../../support/speaking-context';
import { fakeContext, gather } from '../search/fake-context';

const spelt = (move: number) => `${move > 0 ? '+' : ''}${move}\n`;

/** A player who goes the best way, and every other turn any way; now and then nobody can read what it says. */
const player = (babble: number) =>
  speakingContext.bind(undefined, turns, 'partner', '0123456789+->=:!\n', ({ problem, text, rng }) => {
    const { start, goal } = problem.data as { start: number; goal: number };
    let state = firstState(goal - start);
    for (const { text: action, given } of linesOf(text)) {
      if (!given) state = stateAfter(state, Number(action), true);
    }
    if (rng.next() < babble) return { text: '=\n' };
    return { text: spelt(rng.next() < 0.5 ? rng.pick(moves) : bestMoves(state, true)[0]!) };
  });

const make = async (source: Source, params: Record<string, unknown> = {}, babble = 0, count = 8) => {
  const { context } = player(babble)({ count });
  const all = { ...defaultParams(source), ...params } as Parameters<Source['make']>[1];
  const trees = await gather(source.make(context, all));
  expect(trees).toHaveLength(count);
  for (const tree of trees) validateTree(tree, context.tokenizer.vocabSize);
  const textOf = (nodes: readonly number[], tree: PreferenceTree) =>
    nodes.map((n) => context.tokenizer.decode(tree.nodes[n]!.tokens)).join('');
  return trees.map((tree) => {
    const sides = tree.responses.map(({ leaf }) => pathOf(tree, leaf).slice(1));
    const scored = (side: number) => sides[side]!.filter((n) => tree.nodes[n]!.scored);
    return {
      tree,
      prompt: textOf([0], tree),
      text: (side: number) => textOf(sides[side]!, tree),
      turns: (side: number) => scored(side).length,
      roles: (side: number) => sides[side]!.map((n) => tree.nodes[n]!),
    };
  });
};

describe('expert and rollout', () => {
  it('prefers the expert to a rollout that came to less, and scores no word of the environment', async () => {
    for (const { tree, text, roles } of await make(expertAndRollout, {}, 0.1)) {
      expect(tree.responses[0]!.score).toBeGreaterThan(tree.responses[1]!.score!);
      for (const side of [0, 1]) {
        const lines = linesOf(text(side));
        roles(side).forEach((node, i) => {
          expect(node.scored).toBe(!lines[i]!.given);
          expect(node.role).toBe(lines[i]!.given ? 'observation' : 'step');
        });
        expect(lines.at(-1)!.given).toBe(false); // the last word is the model's
      }
    }
  });

  it('adds junk turns to the rejected side alone, and keeps what nobody could read for the end', async () => {
    const clean = await make(expertAndRollout, {}, 0.1);
    const noisy = await make(expertAndRollout, { junk: 6 }, 0.1);
    let [unreadable, noise] = [0, 0];
    noisy.forEach((pair, i) => {
      expect(pair.text(0)).toBe(clean[i]!.text(0));
      const [start, goal] = pair.prompt.split(/[:=]/).map(Number);
      const state = actionsOf(clean[i]!.text(1))
        .filter((action) => action !== '=\n')
        .reduce((before, action) => stateAfter(before, Number(action), true), firstState(goal! - start!));
      // A game that was won all the same, in a worse mood, cannot go on.
      expect(pair.turns(1)).toBe(clean[i]!.turns(1) + (state.gap === 0 ? 0 : 6));
      if (state.gap === 0) return;
      noise++;
      const own = actionsOf(clean[i]!.text(1));
      const played = actionsOf(pair.text(1));
      const read = own.filter((action) => action !== '=\n');
      expect(played.slice(0, read.length)).toEqual(read);
      if (own.at(-1) === '=\n') {
        unreadable++;
        expect(played.at(-1)).toBe('=\n');
      }
      const junk = played.slice(read.length, read.length + 6).map(Number);
      expect(junk[0]! + junk[1]!).toBe(0);
    });
    expect(unreadable).toBeGreaterThan(0);
    expect(noise).toBeGreaterThan(unreadable);
  });

  it('cuts a long rollout to five turns more than the expert’s', async () => {
    for (const pair of await make(expertAndRollout, { junk: 20, cut: 'five' })) {
      expect(pair.turns(1)).toBeLessThanOrEqual(pair.turns(0) + 5);
      expect(pair.turns(1)).toBeGreaterThan(pair.turns(0));
    }
  });

  it('takes lines for turns in a world without any, where junk has no meaning', async () => {
    const { context } = fakeContext({ count: 4 });
    const params = defaultParams(expertAndRollout);
    const trees = await gather(expertAndRollout.make(context, params));
    expect(trees).toHaveLength(4);
    const eos = trees.map((tree) => tree.nodes[tree.responses[0]!.leaf]!.tokens.at(-1));
    expect(eos).toEqual([2, 2, 2, 2]);
    await expect(
      gather(expertAndRollout.make(fakeContext({ count: 4 }).context, { ...params, junk: 3 })),
    ).rejects.toThrow(/“Chained arithmetic” has none; set junk to 0/);
  });
});

describe('re-sampled sessions', () => {
  it('compare as many turns of both sides, from the error on', async () => {
    for (const pair of await make(resampledSessions)) {
      expect(pair.turns(0)).toBe(pair.turns(1));
      const [chosen, rejected] = [0, 1].map((side) => linesOf(pair.text(side)));
      const given = pair.roles(0).findIndex(({ scored }) => scored);
      expect(chosen!.slice(0, given)).toEqual(rejected!.slice(0, given));
      expect(given % 2).toBe(0);
      // Everything before is as good as can be; the rejected side's next turn is not.
      const [labels] = [pair.roles(1).map(({ labels }) => labels!['correct'])];
      expect(labels!.slice(0, given).every((correct) => correct === 1)).toBe(true);
      expect(labels![given]).toBe(0);
    }
  });

  it('compare the erroneous turn alone, or everything to the ends', async () => {
    for (const pair of await make(resampledSessions, { segment: 'turn' })) {
      expect([pair.turns(0), pair.turns(1)]).toEqual([1, 1]);
    }
    const whole = await make(resampledSessions, { segment: 'session' });
    const most = (side: number) => Math.max(...whole.map((pair) => pair.turns(side)));
    expect(most(1)).toBeGreaterThan(2);
    expect(whole.some((pair) => pair.turns(0) !== pair.turns(1))).toBe(true);
  });

  it('end a segment where the better session has passed the best that the other came to', async () => {
    const segments = await make(resampledSessions, {}, 0, 24);
    const sessions = await make(resampledSessions, { segment: 'session' }, 0, 24);
    const lengths = segments.map((pair) => pair.turns(0));
    expect(new Set(lengths).size).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(Math.max(...sessions.map((pair) => pair.turns(0))));
  });

  it('say what they saw when there is nothing to mend', async () => {
    const perfect = speakingContext(turns, 'partner', '0123456789+->=:!\n', ({ problem, text }) => {
      const { start, goal } = problem.data as { start: number; goal: number };
      let state = firstState(goal - start);
      for (const { text: action, given } of linesOf(text)) {
        if (!given) state = stateAfter(state, Number(action), true);
      }
      return { text: spelt(bestMoves(state, true)[0]!) };
    });
    await expect(
      gather(resampledSessions.make(perfect.context, defaultParams(resampledSessions))),
    ).rejects.toThrow(/none was wrong\. Choose a harder difficulty/);
  });
});

it('every source of a world with turns scores the model’s words alone', async () => {
  for (const source of [rightAndWrong, workedSolutions]) {
    for (const { tree, roles } of await make(source)) {
      for (const side of tree.responses.keys()) {
        expect(roles(side).map(({ scored }) => scored)).toEqual(roles(side).map((_, i) => i % 2 === 0));
      }
    }
  }
});
