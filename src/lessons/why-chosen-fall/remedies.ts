import { signed } from '../../ui/format';
import type { Step } from '../lesson';
import { bestOf, lastOf, live, movedOf, nats, rare, runOf, share, solvedOf, still, wentWords } from '../read';
import { between, holds, lost } from './runs';

/** What holds the preferred answers up, and when a fall is to be worried about. */
export const remedies: readonly Step[] = [
  {
    title: 'Hold it up',
    teaser: 'Choose what should keep the preferred answers from falling, and race it against DPO.',
    say: 'What would keep the preferred answers from falling? Pick one; it trains beside DPO, on the same pairs in the same order, at the fast rate (the smaller rate aside).',
    ask: {
      kind: 'choice',
      options: Object.entries(holds).map(([value, { words }]) => ({ value, text: words })),
      truth: () => undefined,
    },
    run: (given) => {
      const pick = holds[String(given)];
      return (
        pick && {
          name: `hold-${given}`,
          title: `DPO and ${pick.words}, side by side`,
          fields: { 'optimizer.learningRate': 0.0003, 'evaluation.every': 40 },
          arms: [{ 'method.id': 'dpo' }, pick.arm],
          seconds: 28,
        }
      );
    },
    show: [{ view: 'race', title: 'The race', run: ({ given }) => `hold-${given[7]}` }],
    reply: (all, given) => {
      const pick = holds[String(given)];
      const [a, b] = all.runs[`hold-${given}`] ?? [];
      if (!pick) return 'Nothing was picked, so nothing was trained. A pick can still be made.';
      const [moved, solved] = b ? [movedOf(b), solvedOf(b)] : [];
      const end = b && lastOf(b);
      if (!moved || !solved || !end) return undefined;
      const { median } = moved.chosen;
      const [held, [low, high]] = [median > -0.5, end.interval];
      const alone = a && solvedOf(a)?.now;
      const beside = alone !== undefined && alone < low ? `; DPO alone ended at ${share(alone)}` : '';
      const same = `as much is solved as before, within chance${beside}`;
      const verdict =
        low > solved.before
          ? held
            ? ' It held them, and more is solved than before.'
            : ' They fell, and yet more is solved than before: a fall alone is no fault.'
          : high < solved.before
            ? held
              ? ' It held the answers of these pairs, and the rest sank all the same. The log-prob was the symptom.'
              : ' It did not hold them, and less is solved than before.'
            : held
              ? ` It held them, and ${same}.`
              : ` They fell, and yet ${same}.`;
      return `With ${pick.words} the preferred answers ${wentWords(median)}: ${nats(median)} nats. Solved: ${share(solved.before)} before, ${share(solved.now)} now.${verdict}`;
    },
    notes: [
      {
        title: 'The methods',
        text: 'SFT term: [RPO](#/methods/rpo). A price on falling: [DPOP](#/methods/dpop). A target: [IPO](#/methods/ipo). Larger beta: the same loss, sooner content.',
      },
    ],
    teach:
      'Share the five out among groups. Only together do they see that holding the log-prob and solving problems are two things.',
  },
  {
    title: 'When to worry',
    teaser: 'Three numbers to watch in a run of your own.',
    say: 'A falling chosen log-prob is not a fault by itself. Look at held-out accuracy against its best, at mended against broken, and at how far the fall goes. A rate between the two, 0.0001: harmless or harmful after 80 steps?',
    ask: {
      kind: 'choice',
      options: [
        { value: 'harmless', text: 'harmless' },
        { value: 'harmful', text: 'harmful' },
      ],
      truth: (all) => {
        const verdict = lost(runOf(all, 'between'));
        return verdict === undefined ? undefined : verdict ? 'harmful' : 'harmless';
      },
    },
    run: between,
    show: [
      {
        view: 'table',
        title: 'The three runs',
        of: (all) => {
          const rows = (['careful', 'between', 'fast'] as const).flatMap((name) => {
            const run = runOf(all, name);
            const [moved, best, solved] = run ? [movedOf(run), bestOf(run), solvedOf(run)] : [];
            return run && moved && best && solved
              ? [
                  [
                    name,
                    signed(moved.chosen.median, 1),
                    rare(solved.now),
                    `${rare(best.evaluation.accuracy)} at step ${best.x}`,
                    lost(run) ? 'harmful' : 'harmless',
                  ],
                ]
              : [];
          });
          return rows.length > 0
            ? { head: ['run', 'preferred, nats', 'solved', 'best on the way', ''], rows }
            : undefined;
        },
      },
      {
        view: 'lines',
        title: 'Problems solved',
        of: 'solved',
        runs: [
          ['careful', 'careful'],
          ['between', 'between'],
          ['fast', 'fast'],
        ],
      },
    ],
    reply: (all) => {
      const run = runOf(all, 'between');
      const [moved, best, solved] = run ? [movedOf(run), bestOf(run), solvedOf(run)] : [];
      if (!moved || !best || !solved) return undefined;
      const went = `The preferred answers ${wentWords(moved.chosen.median)} (${nats(moved.chosen.median)} nats)`;
      const top = `${share(best.evaluation.accuracy)} at step ${live(best.x)}`;
      if (!lost(run))
        return `Harmless. ${went}, and ${share(solved.now)} is solved; the best on the way was ${top}, no more than chance above it.`;
      return moved.chosen.median < -still
        ? `Harmful. ${went}, and ${share(solved.now)} is solved where it was ${top}. Stopping there would have been the remedy.`
        : `Harmful, though ${went.toLowerCase()}: ${share(solved.now)} is solved where it was ${top}. The log-prob alone would not have told.`;
    },
    notes: [
      {
        title: 'In a run of your own',
        text: 'The margin beside the answers on the [first page](#/) says when a fall is deep and when it is harmless, and at which step it was best.',
      },
    ],
  },
];
