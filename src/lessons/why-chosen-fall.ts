import { signed } from '../ui/format';
import { type Band, mostDisplaced, whoGotIt } from '../ui/live/who-got-it-data';
import { lossAt } from './dpo-loss';
import type { Lesson, Live, LiveRun, RunSpec } from './lesson';
import {
  bestOf,
  live,
  metricOf,
  movedOf,
  nats,
  rare,
  runOf,
  share,
  shown,
  solvedOf,
  still,
  wentWords,
} from './read';

/** What the margin's remark calls a deep fall: seven times less likely. */
const deep = 2;

const careful: RunSpec = {
  name: 'careful',
  title: 'the careful run',
  fields: { 'optimizer.learningRate': 0.00005 },
  seconds: 15,
};
const fast: RunSpec = {
  name: 'fast',
  title: 'the fast run',
  fields: { 'optimizer.learningRate': 0.0003 },
  seconds: 15,
};
const between: RunSpec = {
  name: 'between',
  title: 'the run between',
  fields: { 'optimizer.learningRate': 0.0001 },
  seconds: 15,
};

const holds: Record<string, { words: string; arm: Record<string, string | number> }> = {
  rate: { words: 'a smaller rate', arm: { 'method.id': 'dpo', 'optimizer.learningRate': 0.00005 } },
  beta: { words: 'beta 1', arm: { 'method.id': 'dpo', 'method.params.beta': 1 } },
  sft: { words: 'an SFT term', arm: { 'method.id': 'rpo' } },
  ipo: {
    words: 'a target for the margin',
    arm: { 'method.id': 'ipo', 'method.params.average': 'sum', 'method.params.beta': 0.5 },
  },
  dpop: { words: 'a price on falling', arm: { 'method.id': 'dpop' } },
};

const guessOf = ({ given }: Live) =>
  ({ rises: 'that they rise', falls: 'that they fall', depends: 'that it depends' })[String(given[1])];

/** What became of the preferred answers, stretch by stretch, in nats. */
const stretchesIn = (run: LiveRun) => {
  const moved = movedOf(run);
  if (!moved) return undefined;
  const mean = (i: 0 | 1 | 2) =>
    moved.changes.reduce((sum, { chosen }) => sum + chosen.stretches[i], 0) / moved.changes.length;
  const parts = [mean(0), mean(1), mean(2)] as const;
  return { parts, all: parts[0] + parts[1] + parts[2] };
};

/** Of the fast run the pair whose next token went furthest astray, with who leads there at the end. */
const whoIn = (all: Live) => {
  const probes = runOf(all, 'fast')?.probes ?? [];
  const found = whoGotIt(probes, mostDisplaced(probes));
  const [first, last] = [found?.leaders[0], found?.leaders.at(-1)];
  if (!found || !first || !last) return undefined;
  const [chosen, rejected] = found.bands as [Band, Band, ...Band[]];
  return { ...found, chosen, rejected, first, last };
};

const parties: Readonly<Record<string, string>> = { chosen: 'preferred', rejected: 'rejected' };

/** Less is solved than the interval of the best evaluation has. */
const lost = (run: LiveRun | undefined): boolean | undefined => {
  const [best, solved] = run ? [bestOf(run), solvedOf(run)] : [];
  return best && solved && solved.now < best.evaluation.interval[0];
};

export const whyChosenFall: Lesson = {
  id: 'why-chosen-fall',
  base: { 'method.id': 'dpo', 'data.trees': 64, steps: 80, 'evaluation.every': 20 },
  terms: ['log-prob', 'nat', 'pair', 'margin', 'held-out-accuracy', 'displacement'],
  claims: [
    {
      id: 'fast-falls',
      text: 'Six times as fast, the preferred answers fall by more than 2 nats.',
      holds: (all) => {
        const moved = runOf(all, 'fast') && movedOf(runOf(all, 'fast')!);
        return moved && -moved.chosen.median > deep;
      },
    },
    {
      id: 'loss-does-not-say',
      text: 'The run with the smaller loss solves fewer problems.',
      holds: (all) => {
        const [a, b] = [runOf(all, 'careful'), runOf(all, 'fast')];
        if (!a || !b) return undefined;
        const [lossA, lossB, solvedA, solvedB] = [
          metricOf(a, 'loss'),
          metricOf(b, 'loss'),
          solvedOf(a),
          solvedOf(b),
        ];
        if (lossA === undefined || lossB === undefined || !solvedA || !solvedB) return undefined;
        return lossB < lossA && solvedB.now < solvedA.now;
      },
    },
    {
      id: 'careful-learns',
      text: 'The careful run solves more problems than before.',
      holds: (all) => {
        const solved = runOf(all, 'careful') && solvedOf(runOf(all, 'careful')!);
        return solved && solved.now > solved.before;
      },
    },
    {
      id: 'shared-tokens',
      text: 'More of the fall is away from the parting than at it.',
      holds: (all) => {
        const fall = runOf(all, 'fast') && stretchesIn(runOf(all, 'fast')!);
        return fall && fall.all < 0 && fall.parts[0] + fall.parts[2] < fall.parts[1];
      },
    },
  ],
  steps: [
    {
      title: 'A guess',
      teaser: 'Before anything is trained.',
      say: 'DPO is shown two answers to a problem and told which is better. It makes the better one likelier *than the worse one*. Both have a log-prob, the sum over their tokens. What will happen to the better one’s own log-prob?',
      show: [
        {
          view: 'texts',
          title: 'A pair',
          early: true,
          of: () => [
            {
              heading: 'Preferred',
              lines: ['24*8=192', '192*2=384', '384-39=345', 'A:345'].map((text) => ({
                text,
                mark: 'right',
              })),
            },
            {
              heading: 'Rejected',
              lines: [
                { text: '24*8=192', mark: 'right' },
                { text: '192*2=384', mark: 'right' },
                { text: '384-39=355', mark: 'wrong', note: 'the borrowed ten is forgotten' },
                { text: 'A:355', mark: 'wrong' },
              ],
            },
          ],
        },
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
          moved.chosen.median < -deep && solved.now < solved.before
            ? ' The loss is what was asked for; the model is not.'
            : ' Here the fast run did no harm. Try seed 2, and ask what would have to be different.';
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
        const [, b] = all.runs[`hold-${given}`] ?? [];
        if (!pick) return 'Pick one to see it run, or go on.';
        const [moved, solved] = b ? [movedOf(b), solvedOf(b)] : [];
        if (!moved || !solved) return undefined;
        const { median } = moved.chosen;
        const held = median > -0.5;
        const better = solved.now > solved.before;
        const verdict =
          held && !better
            ? ' It held the answers of these pairs, and the rest sank all the same. The log-prob was the symptom.'
            : held
              ? ' It held them, and more is solved than before.'
              : better
                ? ' They fell, and yet more is solved than before: a fall alone is no fault.'
                : ' It did not hold them, and less is solved than before.';
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
  ],
};
