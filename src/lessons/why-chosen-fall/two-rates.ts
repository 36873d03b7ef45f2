import { lossAt } from '../dpo-loss';
import type { Step } from '../lesson';
import { firstPair } from '../pieces';
import { live, metricOf, movedOf, nats, runOf, share, solvedOf, wentWords } from '../read';
import { careful, deep, fast, guessOf } from './runs';

/** A guess, a careful run and a fast one, and what their loss can see. */
export const twoRates: readonly Step[] = [
  {
    title: 'A guess',
    teaser: 'Before anything is trained.',
    say: 'DPO is shown two answers to a problem and told which is better. It makes the better one likelier *than the worse one*. Both have a log-prob, the sum over their tokens. What will happen to the better one’s own log-prob?',
    show: [
      firstPair(
        [
          { text: '24*8=192', mark: 'right' },
          { text: '192*2=384', mark: 'right' },
          { text: '384-39=355', mark: 'wrong', note: 'the borrowed ten is forgotten' },
          { text: 'A:355', mark: 'wrong' },
        ],
        { early: true },
      ),
    ],
    ask: {
      kind: 'choice',
      options: [
        { value: 'rises', text: 'it rises' },
        { value: 'falls', text: 'it falls' },
        { value: 'depends', text: 'it depends' },
      ],
      truth: (all) => {
        const [a, b] = [runOf(all, 'careful'), runOf(all, 'fast')].map((run) => run && movedOf(run));
        if (!a || !b) return undefined;
        const signs = [a, b].map(({ chosen }) => wentWords(chosen.median));
        if (signs[0] !== signs[1]) return 'depends';
        return signs[0] === 'rose' ? 'rises' : signs[0] === 'fell' ? 'falls' : 'depends';
      },
    },
    reply: (all, given) => {
      if (given === undefined) return 'No guess, then. The runs below will tell.';
      const [a, b] = [runOf(all, 'careful'), runOf(all, 'fast')].map((run) => run && movedOf(run));
      if (!a || !b) return 'Noted. We will come back to it.';
      return `You said ${guessOf(all)}. Carefully they ${wentWords(a.chosen.median)} (${nats(a.chosen.median, 2)} nats), fast they ${wentWords(b.chosen.median)} (${nats(b.chosen.median)}).`;
    },
    notes: [
      {
        title: 'Log-prob',
        text: 'The logarithm of a probability: 0 for what is certain, more negative for what is less likely. Those of an answer’s tokens add up. [All terms](#/lessons/glossary)',
      },
    ],
    teach:
      'Let everybody write the guess down. The question comes back in step 3, and most will have changed their mind.',
  },
  {
    title: 'A careful run',
    teaser: 'A small learning rate, and what becomes of the two log-probs.',
    say: 'The model makes 64 pairs of its own and learns from them for 80 steps, at a rate of 0.00005. Sixteen pairs are scored again and again on the way: how far have both answers moved since the start?',
    run: careful,
    show: [
      {
        view: 'lines',
        title: 'Preferred answers since the start, nats',
        of: 'chosen',
        runs: [['careful', 'careful']],
      },
      {
        view: 'lines',
        title: 'Rejected answers since the start, nats',
        of: 'rejected',
        runs: [['careful', 'careful']],
      },
    ],
    reply: (all) => {
      const run = runOf(all, 'careful');
      const [moved, solved] = run ? [movedOf(run), solvedOf(run)] : [];
      if (!moved || !solved) return undefined;
      const guess = guessOf(all);
      const { chosen, rejected } = moved;
      const better =
        solved.now > solved.before
          ? ''
          : ' Here nothing was gained: try another seed, and look at where the curve was best.';
      return `The preferred ones ${wentWords(chosen.median)}: ${nats(chosen.median, 2)} nats. The rejected ones ${wentWords(rejected.median)}: ${nats(rejected.median, 2)}. Solved: ${share(solved.before)} before, ${share(solved.now)} now.${guess ? ` You said ${guess}.` : ''}${better}`;
    },
    notes: [
      {
        title: 'A nat',
        text: 'The unit of log-probs. One nat less is *e* = 2.72 times less likely.',
      },
    ],
  },
  {
    title: 'The same, six times as fast',
    teaser: 'One change. Which run ends with the smaller loss, which with the better model?',
    say: 'One change: the learning rate, from 0.00005 to 0.0003. Everything else is the same, the pairs and their order too. Which run ends with the smaller loss, and which with the better model?',
    ask: {
      kind: 'choice',
      options: [
        { value: 'fast-fast', text: 'the fast one, in both' },
        { value: 'fast-careful', text: 'smaller loss: fast; better model: careful' },
        { value: 'careful-careful', text: 'the careful one, in both' },
        { value: 'careful-fast', text: 'smaller loss: careful; better model: fast' },
      ],
      truth: (all) => {
        const [a, b] = [runOf(all, 'careful'), runOf(all, 'fast')];
        const [lossA, lossB] = [a && metricOf(a, 'loss'), b && metricOf(b, 'loss')];
        const [solvedA, solvedB] = [a && solvedOf(a), b && solvedOf(b)];
        if (lossA === undefined || lossB === undefined || !solvedA || !solvedB) return undefined;
        if (lossA === lossB || solvedA.now === solvedB.now) return undefined;
        return `${lossB < lossA ? 'fast' : 'careful'}-${solvedB.now > solvedA.now ? 'fast' : 'careful'}`;
      },
    },
    run: fast,
    show: [
      {
        view: 'lines',
        title: 'Loss',
        of: 'loss',
        runs: [
          ['careful', 'careful'],
          ['fast', 'fast'],
        ],
      },
      {
        view: 'lines',
        title: 'Preferred answers since the start, nats',
        of: 'chosen',
        runs: [
          ['careful', 'careful'],
          ['fast', 'fast'],
        ],
      },
      {
        view: 'lines',
        title: 'Problems solved',
        of: 'solved',
        runs: [
          ['careful', 'careful'],
          ['fast', 'fast'],
        ],
      },
    ],
    reply: (all) => {
      const [a, b] = [runOf(all, 'careful'), runOf(all, 'fast')];
      if (!b) return undefined;
      const [moved, solved, loss, ranked] = [
        movedOf(b),
        solvedOf(b),
        metricOf(b, 'loss'),
        metricOf(b, 'rewards/accuracies'),
      ];
      if (!moved || !solved || loss === undefined || ranked === undefined) return undefined;
      const [lossA, solvedA] = [a && metricOf(a, 'loss'), a && solvedOf(a)];
      const beside =
        lossA === undefined || !solvedA
          ? `Loss ${live(loss.toFixed(2))}. Solved: ${share(solved.now)}.`
          : `Loss: careful ${live(lossA.toFixed(2))}, fast ${live(loss.toFixed(2))}. Solved: ${share(solvedA.now)} and ${share(solved.now)}.`;
      const ending =
        solved.now >= solved.before
          ? ' Here the fast run did no harm. Try seed 2, and ask what would have to be different.'
          : moved.chosen.median < -deep
            ? ' The loss is what was asked for; the model is not.'
            : ' Less is solved than before, and yet they have not fallen far: what was lost is not to be seen in them.';
      return `${beside} Of the last pairs it ranks ${share(ranked, 0)} right. Its preferred answers ${wentWords(moved.chosen.median)}: ${nats(moved.chosen.median)} nats.${ending}`;
    },
    notes: [
      {
        title: 'The two runs',
        text: 'Same model, same 64 pairs, same order, same seed. Only the rate differs.',
      },
    ],
    teach:
      'Ask which number a person would look at who has no held-out problems. There is only the loss, and it says that the fast run is better.',
  },
  {
    title: 'What the loss can see',
    teaser: 'A place where both answers have nearly vanished, and the loss is content.',
    say: 'DPO’s loss takes one number of a pair: how far the preferred answer has moved *less* how far the rejected one has. Along a slanted line of the plane it is the same. It sees the difference, not the place.',
    set: {
      text: 'Put the ring where the preferred answer has lost 20 nats and the loss is under 0.1.',
      sliders: [
        { id: 'ring-chosen', label: 'preferred, nats', low: -50, high: 5, step: 0.5, start: 0 },
        { id: 'ring-rejected', label: 'rejected, nats', low: -60, high: 5, step: 0.5, start: 0 },
      ],
      example: { 'ring-chosen': -20, 'ring-rejected': -50 },
      done: (set) =>
        (set['ring-chosen'] ?? 0) <= -20 &&
        lossAt(set['ring-chosen'] ?? 0, set['ring-rejected'] ?? 0, 0.1) < 0.1,
      says: (set) =>
        `Preferred ${nats(set['ring-chosen'] ?? 0)}, rejected ${nats(set['ring-rejected'] ?? 0)}: loss ${live(lossAt(set['ring-chosen'] ?? 0, set['ring-rejected'] ?? 0, 0.1).toFixed(3))}.`,
    },
    show: [
      {
        view: 'plane',
        title: 'Where the pairs are, since the start',
        early: true,
        runs: [
          ['careful', 'careful'],
          ['fast', 'fast'],
        ],
        ring: ['ring-chosen', 'ring-rejected'],
      },
    ],
    reply: (all) => {
      const [x, y] = [all.set['ring-chosen'] ?? 0, all.set['ring-rejected'] ?? 0];
      const loss = lossAt(x, y, 0.1);
      const times = Math.exp(-x);
      const size = times >= 1e6 ? `${(times / 1e6).toFixed(0)} million` : times.toFixed(times < 10 ? 1 : 0);
      return `There: loss ${live(loss.toFixed(3))}. To the loss, ${loss < 0.1 ? 'a fine place' : 'not yet a good place'}. An answer that is now ${live(size)} times less likely than it was counts as learned as long as the other has fallen further.`;
    },
    notes: [
      {
        title: 'The paths',
        text: 'Each is the median of the sixteen pairs, from the start in the upper right corner to the last step.',
      },
    ],
  },
];
