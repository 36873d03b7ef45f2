/** Lessons on judges of one's own, attacks, turns and pictures. */
import type { LessonPlan } from './drive';
import { first, last, late, measured, moved, paired, pct, type Ran, sgn, solved } from './numbers';

const labels = ({ made = {} }: Ran) => {
  const all = Object.values(made).flat();
  return all.find(({ id }) => id === 'right-chosen') ?? all.find(({ id }) => id === 'agreement')!;
};

/** The last evaluation of the first pass. */
const firstRound = (run: Ran) =>
  run.evaluations.filter(({ stage, problems }) => problems > 0 && stage === first(run).stage).at(-1)!;

const itsOwnJudge: LessonPlan = {
  id: 'its-own-judge',
  steps: [
    {
      answer: 90,
      run: 'own',
      truth: ({ own: [run] }) => String(Math.round(100 * labels(run).value)),
      says: ({ own: [run] }) => [`${pct(labels(run).value, 0)}, where a coin has 50 %. You said 90 %.`],
    },
    {
      answer: 'same',
      says: ({ own: [run] }) => [
        `${solved(run).before} before, ${pct(firstRound(run).accuracy)} after the judged round, ${solved(run).now} after its own.`,
      ],
    },
    {
      answer: 'again',
      says: ({ own: [run] }) => {
        const begun = run.metrics.filter(({ stage }, i) => stage !== run.metrics[i - 1]?.stage);
        const [one, two] = begun.map(({ metrics }) => metrics['loss']!.toFixed(3));
        return [`${one} in the first round, ${two} in the second`];
      },
    },
    {
      run: 'judged',
      says: ({ own: [a], judged: [b] }) => [`Verifier ${solved(b).now}: ${paired(a, b)}`],
    },
    {
      answer: 'agree',
      truth: 'agree',
      says: ({ own: [run] }) => [
        `Here it was ${pct(labels(run).value, 0)}`,
        `${sgn(moved(run, 'chosen') - moved(run, 'rejected'))} nats apart`,
      ],
    },
  ],
};

/** A measure after each stage, and before the first. */
const stages = (run: Ran, id: string) => {
  const value = ({ measures }: Ran['evaluations'][number]) => measures!.find((m) => m.id === id)!.value;
  return [first(run), firstRound(run), last(run)].map((evaluation) => pct(value(evaluation), 0));
};

const askedSlyly: LessonPlan = {
  id: 'asked-slyly',
  steps: [
    { answer: 2, truth: '2', says: () => ['Line 2'] },
    {
      answer: 80,
      run: 'egida',
      says: ({ egida: [run] }) => [
        `${pct(measured(run, 'asr').before, 0)}. You said 80 %. Put plainly, ${pct(measured(run, 'unwrapped').before, 0)}.`,
      ],
    },
    {
      answer: 'yes',
      says: ({ egida: [run] }) => {
        const [old, fresh] = [measured(run, 'asr-trained'), measured(run, 'asr-new-wrappers')];
        return [
          `Trained wrappers: ${pct(old.before, 0)} before, ${pct(old.now, 0)} now. New ones: ${pct(fresh.before, 0)} and ${pct(fresh.now, 0)}.`,
        ];
      },
    },
    {
      says: ({ egida: [run] }) => {
        const refused = measured(run, 'over-refusal');
        return [`refused: ${pct(refused.before)} before, ${pct(refused.now)} now.`];
      },
    },
    {
      answer: 'fewer',
      run: 'bare',
      says: ({ egida: [a], bare: [b] }) => [
        `With it ${pct(measured(a, 'solved').now)} of the allowed requests are solved, without ${pct(measured(b, 'solved').now)}; before training it was ${pct(measured(b, 'solved').before)}.`,
      ],
    },
    {
      answer: 'more',
      run: 'sacpo',
      says: ({ sacpo: [run] }) => {
        const [attacks, right] = [stages(run, 'asr'), stages(run, 'solved')];
        return [
          `Attacks: ${attacks[0]} before, ${attacks[1]} after the first stage; allowed requests solved: ${right[0]} and ${right[1]}.`,
          `The second stage let ${attacks[2]} through`,
        ];
      },
    },
  ],
};

const turns: LessonPlan = {
  id: 'turns',
  steps: [
    { answer: 3, truth: '3', says: () => ['Three: +9, +9, +9.'] },
    {
      answer: 'dpo',
      run: 'race',
      says: ({ race: [a, b] }) => {
        const [x, y] = [measured(a, 'unreadable'), measured(b, 'unreadable')];
        return [`DPO ${pct(x.now)}, DMPO ${pct(y.now)}; before training ${pct(x.before)}.`];
      },
    },
    { set: { gamma: 0.5 }, says: () => ['At gamma 0.50'] },
    {
      says: ({ race: [a, b] }) => [`DPO ${solved(a).now}, DMPO ${solved(b).now}: ${paired(a, b)}`],
    },
  ],
};

const shares = (run: Ran, id: string, digits = 0) => {
  const { before, now } = measured(run, id);
  return [pct(before, digits), pct(now, digits)];
};

const pictures: LessonPlan = {
  id: 'pictures',
  steps: [
    {
      answer: 50,
      run: 'look',
      says: ({ look: [run] }) => [
        `${shares(run, 'hue')[0]}, and ${shares(run, 'recognised')[0]} a shape`,
        'You said 50 %.',
      ],
    },
    { answer: 'A', says: () => [' against '] },
    {
      run: 'colour',
      says: ({ colour: [run] }) => [
        `Preferred ${sgn(late(run, 'errors/chosen', 20), 3)}, rejected ${sgn(late(run, 'errors/rejected', 20), 3)}.`,
        `Loss ${late(run).toFixed(2)}`,
      ],
    },
    {
      answer: 'more',
      says: ({ colour: [run] }) => [
        `Right hue: ${shares(run, 'hue').join(' before, ')} now. Recognised shape: ${shares(run, 'recognised').join(' and ')}.`,
      ],
    },
    {
      answer: 'less',
      run: 'bright',
      says: ({ bright: [run] }) => {
        const { before, now } = measured(run, 'brightness');
        return [
          `Brightness: ${sgn(before)} before, ${sgn(now)} now`,
          `Shapes recognised: ${shares(run, 'recognised').join(' and ')}.`,
        ];
      },
    },
    {
      answer: 'open',
      run: 'lot',
      says: ({ lot: [run] }) => [`${shares(run, 'hue').join(' before, ')} now.`],
    },
    { answer: 'judge', truth: 'judge', says: () => ['In your own run the reward went from'] },
  ],
};

export const worldPlans: readonly LessonPlan[] = [itsOwnJudge, askedSlyly, turns, pictures];
