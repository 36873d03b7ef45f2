import type { LabSpec, Lesson, Live, LiveRun, RunSpec } from './lesson';
import { raceSide, sideAsk, youSaid } from './pieces';
import {
  armsOf,
  bestOf,
  lastOf,
  live,
  metricOf,
  movedOf,
  nats,
  pairedSide,
  pairedWords,
  share,
} from './read';

const duel: LabSpec = {
  name: 'duel',
  title: 'three actions, DPO and IPO',
  lab: 'ipo-against-dpo',
  params: { seeds: 2 },
  seconds: 2,
};
const flow: LabSpec = {
  name: 'flow',
  title: 'where IPO’s loss drives a policy',
  lab: 'table',
  params: { method: 'ipo', beta: 0.5 },
  seconds: 2,
};
const race: RunSpec = {
  name: 'race',
  title: 'DPO and IPO, 60 steps',
  arms: [
    { 'method.id': 'dpo' },
    { 'method.id': 'ipo', 'method.params.average': 'sum', 'method.params.beta': 0.5 },
  ],
  seconds: 25,
};

const duelNumbers = ({ labs }: Live) => {
  const numbers = labs['duel']?.numbers;
  return (
    numbers && {
      target: numbers['target']!,
      ipo: numbers['distance/ipo']!,
      dpo: numbers['distance/dpo']!,
      half: numbers['distance/dpo, half way']!,
    }
  );
};

const flowNumbers = ({ labs }: Live) => {
  const numbers = labs['flow']?.numbers;
  return numbers && { a: numbers['end/a']!, c: numbers['end/c']!, rests: numbers['rests'] === 1 };
};

/** The step at which a run was best, where that was before its end and better than its end. */
const bestEarlier = (run: LiveRun) => {
  const [best, now] = [bestOf(run), lastOf(run)];
  return best && now && { ...best, now, earlier: best.evaluation.accuracy > now.accuracy };
};

/** Whether the loss at the end is below what it was at a step. */
const fellSince = (run: LiveRun, x: number) => {
  const [then, now] = [
    metricOf({ ...run, points: run.points.filter((point) => point.x <= x) }, 'loss'),
    metricOf(run, 'loss'),
  ];
  return then !== undefined && now !== undefined && now < then;
};

/** A distance that still grew by a tenth in the second half has not come to rest. */
const growing = (now: number, half: number) => now > 1.1 * half;

export const whenToStop: Lesson = {
  id: 'when-to-stop',
  base: {
    'method.id': 'dpo',
    'data.trees': 64,
    steps: 60,
    'optimizer.learningRate': 0.0002,
    'evaluation.every': 15,
  },
  terms: ['target', 'margin', 'beta', 'log-ratio', 'held-out-accuracy', 'paired'],
  claims: [
    {
      id: 'dpo-grows',
      text: 'Where one action always wins, DPO’s distance is still growing at the end.',
      holds: (all) => {
        const n = duelNumbers(all);
        return n && growing(n.dpo, n.half);
      },
    },
    {
      id: 'ipo-rests',
      text: 'IPO’s distance is at its target, within a tenth.',
      holds: (all) => {
        const n = duelNumbers(all);
        return n && Math.abs(n.ipo - n.target) < 0.1 * n.target;
      },
    },
    {
      id: 'ipo-holds',
      text: 'In the model, IPO with a target of 1 nat solves more than DPO after 60 steps.',
      holds: (all) => {
        const [a, b] = armsOf(all, 'race');
        const side = a && b && pairedSide(a, b);
        return side && side === 'more';
      },
    },
    {
      id: 'early-best',
      text: 'In the model, DPO was best before the end of the run.',
      holds: (all) => {
        const [dpo] = armsOf(all, 'race');
        return dpo && bestEarlier(dpo)?.earlier;
      },
    },
  ],
  steps: [
    {
      title: 'Somebody always wins',
      teaser: 'Three actions, and comparisons that always fall the same way.',
      say: 'No language model for once: a policy over three actions a, b, c. In every comparison a beats b, and b beats c. DPO trains on that for 18,000 steps. How far apart will a and c end?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'rests', text: 'at some distance, and stay there' },
          { value: 'grows', text: 'further and further' },
        ],
        truth: (all) => {
          const n = duelNumbers(all);
          return n && (growing(n.dpo, n.half) ? 'grows' : 'rests');
        },
      },
      run: duel,
      show: [{ view: 'figures', title: 'The distance of a and c', lab: 'duel' }],
      reply: (all) => {
        const n = duelNumbers(all);
        if (!n) return undefined;
        return growing(n.dpo, n.half)
          ? `After half of the steps ${live(n.half.toFixed(1))} nats, at the end ${live(n.dpo.toFixed(1))}. “Always better” has no finite margin: whatever it is, more of it has less loss.`
          : `After half of the steps ${live(n.half.toFixed(1))} nats, at the end ${live(n.dpo.toFixed(1))}: it has nearly stopped, for the steps have become small. The loss alone would go on.`;
      },
      notes: [
        {
          title: 'Exactly',
          text: 'Gradients of this toy are exact, and it takes a second. [The experiment](#/lab/ipo-against-dpo) with all its settings.',
        },
      ],
    },
    {
      title: 'A target',
      teaser: 'IPO puts a square in the place of the logistic.',
      say: 'IPO wants the distance of two answers to *be* a number, 1 / (2τ), no more. With τ = 0.5 two neighbours shall lie 1 nat apart; three actions pull at one another, so a and c get a little more. How many nats will lie between a and c?',
      ask: {
        kind: 'number',
        unit: 'nats',
        near: 0.35,
        truth: (all) => {
          const n = duelNumbers(all);
          return n && Number(n.ipo.toFixed(2));
        },
      },
      run: duel,
      reply: (all, given) => {
        const n = duelNumbers(all);
        if (!n) return undefined;
        const guess = youSaid(given, 'nats');
        return Math.abs(n.ipo - n.target) < 0.1 * n.target
          ? `${live(n.ipo.toFixed(2))}; its least squares lie at ${live(n.target.toFixed(2))}.${guess} Two wishes of 1 nat and one of 1 nat for both together: the compromise is a third more.`
          : `${live(n.ipo.toFixed(2))}, where its least squares lie at ${live(n.target.toFixed(2))}.${guess} Not there yet: give it more steps in the lab.`;
      },
    },
    {
      title: 'Where it rests',
      teaser: 'A policy is a point in a triangle.',
      say: 'Each corner of the triangle is a policy that always does one thing; the arrows are where IPO’s loss drives a policy. Will anything be left of c, which always loses?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'some', text: 'yes, more than one in a hundred' },
          { value: 'none', text: 'hardly anything' },
        ],
        truth: (all) => {
          const n = flowNumbers(all);
          return n && (n.c > 0.01 ? 'some' : 'none');
        },
      },
      run: flow,
      show: [{ view: 'figures', title: 'The flow of IPO', lab: 'flow' }],
      reply: (all) => {
        const n = flowNumbers(all);
        const duelled = duelNumbers(all);
        if (!n) return undefined;
        const other = duelled
          ? ` In the duel above DPO left it ${live(duelled.dpo.toFixed(0))} nats below a: as good as nothing.`
          : '';
        return n.rests
          ? `c keeps ${share(n.c)}, and the policy rests.${other} A target is also a promise to what loses.`
          : `c has ${share(n.c)}, and the path would go on.${other}`;
      },
      notes: [
        { title: 'Other losses', text: 'Any loss of pairs can be drawn so: [the table](#/lab/table).' },
      ],
    },
    {
      title: 'And in a model?',
      teaser: 'DPO and IPO on the same 64 pairs, for twice as long as is good.',
      say: 'In the model, too, one side always wins: the verifier never prefers a wrong answer. DPO and IPO train side by side for 60 steps at a high rate. Which solves more at the end?',
      ask: sideAsk({ less: 'DPO', more: 'IPO' }, raceSide('race')),
      run: race,
      show: [{ view: 'race', title: 'DPO and IPO', run: 'race' }],
      reply: (all) => {
        const [a, b] = armsOf(all, 'race');
        const [x, y] = [a && movedOf(a), b && movedOf(b)];
        if (!a || !b || !x || !y) return undefined;
        const words = pairedWords(a, b);
        const verdict = {
          more: 'Holding the distance held the rest as well.',
          less: 'Here the one without a target solved more; look at whether IPO has got anywhere yet.',
          open: 'Not told apart here: try more steps, where the distance goes on growing.',
        }[pairedSide(a, b) ?? 'open'];
        return `IPO less DPO: ${words ?? 'not measured'}. Rejected answers: DPO ${nats(x.rejected.median)} nats, IPO ${nats(y.rejected.median)}. ${verdict}`;
      },
      notes: [
        {
          title: 'IPO’s target here',
          text: 'Sums of log-ratios, τ = 0.5: a margin of 1 nat. [IPO](#/methods/ipo)',
        },
      ],
    },
    {
      title: 'Or stop',
      teaser: 'The oldest remedy: the best step on the way.',
      say: 'There is an older remedy than another loss. Look at held-out accuracy on the way. When was DPO best?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'end', text: 'at the end' },
          { value: 'earlier', text: 'earlier' },
        ],
        truth: (all) => {
          const [dpo] = armsOf(all, 'race');
          const best = dpo && bestEarlier(dpo);
          return best && (best.earlier ? 'earlier' : 'end');
        },
      },
      run: race,
      reply: (all) => {
        const [a, b] = armsOf(all, 'race');
        const [best, other] = [a && bestEarlier(a), b && bestOf(b)];
        if (!a || !best || !other) return undefined;
        if (!best.earlier)
          return `DPO was never better than at the end, with ${share(best.now.accuracy)}: here ${live(a.document.steps)} steps were not too many. Try twice as many.`;
        const loss = fellSince(a, best.x)
          ? ' The loss, which went on falling, would not have said when.'
          : '';
        return `DPO was best at step ${live(best.x)} with ${share(best.evaluation.accuracy)}, and ended with ${share(best.now.accuracy)}. Stopped there it would stand beside IPO’s best, ${share(other.evaluation.accuracy)}.${loss}`;
      },
      teach:
        'Early stopping needs problems that are held out. Ask what one would watch with only preferences and no verifier.',
    },
  ],
};
