import type { Step } from '../lesson';
import { youSaid } from '../pieces';
import { firstOf, lastOf, live, runOf, share } from '../read';
import { dpo, grew, lengthsIn, rankOf, tokensOf } from './runs';

/** What the pairs prefer, what DPO makes of it, and why a sum does. */
export const whatItLearns: readonly Step[] = [
  {
    title: 'What is preferred here',
    teaser: 'Two hundred pairs, and how long their answers are.',
    say: 'This model solves sums, and likes to say lines of the work again (`~46+5=51`), which helps nobody. Pairs: of eight tries its longest right answer against its shortest wrong one. What is preferred is rightness; that it is longer, where it is, is a bias. By how many tokens is the preferred answer the longer one, in the mean?',
    ask: {
      kind: 'number',
      unit: 'tokens',
      near: 2,
      truth: (all) => {
        const found = lengthsIn(all);
        return found && Number(found.gap.toFixed(1));
      },
    },
    run: dpo,
    reply: (all, given) => {
      const found = lengthsIn(all);
      if (!found) return undefined;
      const guess = youSaid(given, 'tokens');
      const counts = `longer in ${share(found.longer, 0)} of ${live(found.pairs)} pairs, shorter in ${share(found.shorter, 0)}`;
      return found.gap > 2
        ? `By ${live(found.gap.toFixed(1))} tokens: ${counts}.${guess} Nobody has asked for length; the data pay for it.`
        : `By ${live(found.gap.toFixed(1))} tokens only: ${counts}.${guess} With this seed the bias is small, and so may be what follows.`;
    },
    notes: [
      {
        title: 'Elsewhere',
        text: 'Judges and people prefer the longer of two equally good answers more often than not. Here the bias is made on purpose, so that it is known.',
      },
    ],
  },
  {
    title: 'DPO believes it',
    teaser: 'Longer, shorter or as before, after 40 steps.',
    say: 'The same run has trained for 40 steps on these pairs. A right answer needs about 25 tokens. Are its answers to new problems longer, shorter, or as long as before?',
    ask: {
      kind: 'choice',
      options: [
        { value: 'longer', text: 'longer' },
        { value: 'same', text: 'the same, within a token' },
        { value: 'shorter', text: 'shorter' },
      ],
      truth: (all) => {
        const tokens = tokensOf(runOf(all, 'dpo'));
        return tokens && grew(tokens.now - tokens.before);
      },
    },
    run: dpo,
    show: [
      { view: 'lines', title: 'Tokens of an answer', of: 'tokens', runs: [['dpo', 'DPO']] },
      { view: 'length', title: 'Length against what was gained', run: 'dpo' },
    ],
    reply: (all) => {
      const run = runOf(all, 'dpo');
      const [tokens, rank, before, now] = run ? [tokensOf(run), rankOf(run), firstOf(run), lastOf(run)] : [];
      if (!tokens || !before || !now) return undefined;
      const together =
        rank === undefined
          ? ''
          : ` Length and reward go together at ${live(rank.toFixed(2))} (correlation of ranks).`;
      const verdict = {
        longer: 'It has learned what it was paid for, both parts of it.',
        same: 'Here the length has not been taken up; look at the correlation, which comes first.',
        shorter: 'Shorter, against the bias: in these pairs something else weighed more.',
      }[grew(tokens.now - tokens.before)];
      return `${live(tokens.before.toFixed(1))} tokens before, ${live(tokens.now.toFixed(1))} now. Right: ${share(before.accuracy)} before, ${share(now.accuracy)} now.${together} ${verdict}`;
    },
  },
  {
    title: 'Why a sum likes length',
    teaser: 'Add tokens that say nothing.',
    say: 'DPO’s reward of an answer is a *sum* over its tokens. A line that is said again is nearly certain, and yet each of its tokens can gain a little. Suppose the preferred answer leads by 2 nats, and every extra token gains 0.1.',
    set: {
      text: 'Bring the margin to 3 nats without saying anything new.',
      sliders: [{ id: 'extra', label: 'tokens said again', low: 0, high: 30, step: 1, start: 0 }],
      example: { extra: 10 },
      done: (set) => 2 + 0.1 * (set['extra'] ?? 0) >= 3 - 1e-9,
      says: (set) =>
        `Margin ${live((2 + 0.1 * (set['extra'] ?? 0)).toFixed(1))} nats with ${live(set['extra'] ?? 0)} tokens said again; divided by its length of ${live(20 + (set['extra'] ?? 0))} tokens it is ${live(((2 + 0.1 * (set['extra'] ?? 0)) / (20 + (set['extra'] ?? 0))).toFixed(3))}.`,
    },
    reply: ({ set }) => {
      const extra = set['extra'] ?? 0;
      const mean = (2 + 0.1 * extra) / (20 + extra);
      return `${live((2 + 0.1 * extra).toFixed(1))} nats, for ${live(extra)} tokens of nothing. A sum grows with them; a mean (${live(mean.toFixed(3))} from 0.100) hardly notices.`;
    },
  },
];
