import type { Step } from '../lesson';
import { live, nats, runOf, share, shown, still } from '../read';
import { fast, parties, stretchesIn, whoIn } from './runs';

/** In which stretch of the answers it was lost, and which token gained. */
export const whereItWent: readonly Step[] = [
  {
    title: 'Where it was lost',
    teaser: 'Before the answers part, where they part, or after.',
    say: 'Up to some token the two answers of a pair are the same; there they part. The log-prob of an answer is a sum over its tokens. In which stretch did the preferred ones lose most?',
    ask: {
      kind: 'choice',
      options: ['before they part', 'at the parting', 'after it'].map((text, i) => ({
        value: String(i),
        text,
      })),
      truth: (all) => {
        const fall = runOf(all, 'fast') && stretchesIn(runOf(all, 'fast')!);
        if (!fall || fall.all >= 0) return undefined;
        return String(fall.parts.indexOf(Math.min(...fall.parts)));
      },
    },
    run: fast,
    show: [
      {
        view: 'stretches',
        title: 'By stretch',
        runs: [
          ['fast', 'fast'],
          ['careful', 'careful'],
        ],
      },
    ],
    reply: (all) => {
      const fall = runOf(all, 'fast') && stretchesIn(runOf(all, 'fast')!);
      if (!fall) return undefined;
      if (fall.all >= -still)
        return `Here nothing was lost: the preferred answers moved by ${nats(fall.all)} nats in all. Try another seed in step 3.`;
      const [before, parting, after] = fall.parts;
      const shared =
        before < fall.all / 10
          ? 'Before it are tokens that *both* answers have. Both lose there, the difference stays, and nothing holds them.'
          : 'Before it, where both answers have the same tokens, there was little to lose here.';
      return `Of ${nats(fall.all)} nats in all, ${nats(before)} before they part, ${nats(parting)} at the parting, ${nats(after)} after it. ${shared}`;
    },
    notes: [
      {
        title: 'Why would it fall at all?',
        text: 'All answers come from the same weights. Pushing one token down by force drags along what shares those weights with it. Small steps let the model tell them apart; large ones do not.',
      },
    ],
  },
  {
    title: 'Who got it',
    teaser: 'Probabilities add up to one. Somebody gains.',
    say: (all) => {
      const who = whoIn(all);
      return who
        ? `After \`${shown(who.after)}\` the next token is \`${who.chosen.text}\` in the preferred answer and \`${who.rejected.text}\` in the rejected one. Probabilities add up to one, whatever is trained. Which token leads there after the fast run?`
        : 'Where the two answers of a pair part, one has one token, one another. Probabilities add up to one, whatever is trained. Which token leads there after the fast run?';
    },
    ask: {
      kind: 'choice',
      options: [
        { value: 'preferred', text: 'the preferred answer’s' },
        { value: 'rejected', text: 'the rejected answer’s' },
        { value: 'another', text: 'another' },
      ],
      truth: (all) => {
        const who = whoIn(all);
        return who && (parties[who.last.role] ?? 'another');
      },
    },
    run: fast,
    show: [{ view: 'who', title: 'The next token where the answers part', run: 'fast' }],
    reply: (all) => {
      const who = whoIn(all);
      if (!who)
        return (
          runOf(all, 'fast') &&
          'In none of the probed pairs do both answers go on from a common beginning. Try another seed in step 3.'
        );
      const { last, chosen, x, leaders } = who;
      const end = x.length - 1;
      const now = `At step ${live(x[end]!)} it is \`${last.text}\` with ${share(last.p)}`;
      const led = leaders.map(({ role }) => role).lastIndexOf('chosen');
      const before = led >= 0 && led < end ? ` The preferred one led until step ${live(x[led]!)}.` : '';
      if (last.role === 'chosen')
        return `${now}: the preferred answer’s own. The effect did not appear in any of these pairs; try another seed in step 3, and ask what would have to be different.`;
      if (last.role === 'rejected')
        return `${now}: still the rejected answer’s own. In these pairs nobody else gained; try another seed in step 3.`;
      return `${now}: a token that *neither* answer has there.${before} The preferred one ends at ${share(chosen.p[end]!)}. The pair says which of two is better, not what is right; pushed too hard the model has learned “not this one”.`;
    },
    notes: [
      {
        title: 'It has a name',
        text: 'Likelihood displacement. [Razin et al., 2024](https://arxiv.org/abs/2410.08847) train a model to prefer *No* over *Never* and find *Yes* growing.',
      },
    ],
    teach: 'If a class sees another digit here, good: change the seed and ask what stays the same.',
  },
];
