/** Lessons on what is blamed, paid for and judged. */
import type { LessonPlan, Runs } from './drive';
import { lab, lengthGap, pushes, searched, separability, weights } from './engine';
import { best, first, last, late, measured, moved, paired, pct, sgn, solved } from './numbers';

const blameTheStep: LessonPlan = {
  id: 'blame-the-step',
  steps: [
    { answer: 3, truth: '2', says: () => ['marks line 2'] },
    {
      answer: 40,
      run: 'look-dpo',
      says: async (_, page) => {
        const { right, pairs } = await pushes(page, 48);
        return [`${pct(right, 0)} of it, over ${pairs} pairs. You said 40 %.`];
      },
    },
    {
      answer: 'half',
      says: async (_, page) => [`${pct((await pushes(page, 48)).cancelled, 0)} cancels.`],
    },
    {
      answer: 0,
      run: 'look-step',
      says: async (_, page) => {
        const { right, pairs } = await pushes(page, 48);
        return [`${right < 0.01 ? 'None' : pct(right, 0)}, over ${pairs} pairs`];
      },
    },
    {
      answer: 'step',
      run: 'race',
      says: ({ race: [a, b] }) => [`DPO ${solved(a).now}, Step-DPO ${solved(b).now}: ${paired(a, b)}`],
    },
    {
      answer: 'no',
      run: 'guided',
      says: async ({ guided: [a, b, c] }, page) => {
        const [gently, strongly] = [await weights(page, 1, 8), await weights(page, 2, 8)];
        return [
          `between ${gently.low} and ${gently.high}`,
          `between ${strongly.low} and ${strongly.high}`,
          paired(a, b),
          paired(a, c),
        ];
      },
    },
    {
      answer: ['dpo', 'kto', 'step-dpo'],
      truth: 'dpo,kto,step-dpo',
      says: ({ race: [a, b] }) => [`bought in your race: ${paired(a, b)}`],
    },
  ],
};

const methods = ['DPO', 'R-DPO', 'SimPO', 'LD-DPO'];
/** Nothing to choose between them in length. */
const alike = (runs: Runs) => Math.max(...ends(runs)) - Math.min(...ends(runs)) < 0.5;
const ends = ({ race }: Runs) => race.map((run) => last(run).meanTokens);

const lengthIsNotQuality: LessonPlan = {
  id: 'length-is-not-quality',
  steps: [
    {
      answer: 5,
      run: 'dpo',
      says: async (_, page) => [`By ${(await lengthGap(page)).toFixed(1)} tokens`, 'You said 5 tokens.'],
    },
    {
      answer: 'longer',
      says: ({ dpo: [run] }) => [
        `${first(run).meanTokens.toFixed(1)} tokens before, ${last(run).meanTokens.toFixed(1)} now. Right: ${solved(run).before} before, ${solved(run).now} now.`,
      ],
    },
    { set: { extra: 10 }, says: () => ['3.0 nats, for 10 tokens'] },
    {
      answer: 'R-DPO',
      truth: 'R-DPO',
      says: async (_, page) => [`the mean gap is ${(await lengthGap(page)).toFixed(1)} tokens`],
    },
    {
      run: 'race',
      truth: (runs) => (alike(runs) ? undefined : methods[ends(runs).indexOf(Math.min(...ends(runs)))]),
      says: (runs) => [
        alike(runs)
          ? `at about ${ends(runs)[0]!.toFixed(1)}: nothing to choose between them in length. R-DPO less DPO in problems solved: ${paired(runs.race[0], runs.race[1])}`
          : `with ${Math.min(...ends(runs)).toFixed(1)} tokens; DPO has ${ends(runs)[0]!.toFixed(1)}.`,
      ],
    },
    {
      answer: 'fine',
      run: 'dear',
      says: ({ race, dear: [run] }) => [
        `${last(run).meanTokens.toFixed(1)} tokens, and ${solved(run).now} are right`,
        `had ${last(race[1]).meanTokens.toFixed(1)}`,
        paired(race[1], run),
      ],
    },
    { answer: 'look', truth: 'look', says: () => ['longer by'] },
  ],
};

const whenToStop: LessonPlan = {
  id: 'when-to-stop',
  steps: [
    {
      answer: 'grows',
      lab: true,
      truth: 'grows',
      says: async (_, page) => {
        const duel = await lab(page, 'ipo-against-dpo', { seeds: 2 });
        return [
          `${duel['distance/dpo, half way']!.toFixed(1)} nats, at the end ${duel['distance/dpo']!.toFixed(1)}.`,
        ];
      },
    },
    {
      answer: 1.33,
      says: async (_, page) => {
        const duel = await lab(page, 'ipo-against-dpo', { seeds: 2 });
        return [`${duel['distance/ipo']!.toFixed(2)}`, `lie at ${duel['target']!.toFixed(2)}`];
      },
    },
    {
      answer: 'none',
      lab: true,
      says: async (_, page) => {
        const flow = await lab(page, 'table', { method: 'ipo', beta: 0.5 });
        return [pct(flow['end/c']!)];
      },
    },
    {
      run: 'race',
      says: ({ race: [a, b] }) => [
        `IPO less DPO: ${paired(a, b)}`,
        `DPO ${sgn(moved(a, 'rejected'))} nats, IPO ${sgn(moved(b, 'rejected'))}.`,
      ],
    },
    {
      answer: 'earlier',
      truth: ({ race: [a] }) => (best(a).accuracy > last(a).accuracy ? 'earlier' : 'end'),
      says: ({ race: [a, b] }) => [
        best(a).accuracy > last(a).accuracy
          ? `best at step ${best(a).step} with ${pct(best(a).accuracy)}, and ended with ${solved(a).now}. Stopped there it would stand beside IPO’s best, ${pct(best(b).accuracy)}.`
          : `never better than at the end, with ${solved(a).now}`,
      ],
    },
  ],
};

const blur = async (page: Parameters<typeof lab>[0], units: number) => {
  const numbers = await lab(page, 'daa-blur');
  const [together, alone] = ['pairwise', 'pointwise'].map((how) => numbers[`accuracy/${how}/${units}`]!);
  return [`Comparing ${pct(together!)}, judging alone ${pct(alone!)}.`];
};

const oneThumb: LessonPlan = {
  id: 'one-thumb',
  steps: [
    { answer: 4950, truth: '0', says: () => ['None. You said 4950'] },
    { answer: 'pair', lab: true, says: (_, page) => blur(page, 1) },
    { says: (_, page) => blur(page, 6) },
    {
      answer: 'open',
      run: 'race',
      says: ({ race: [a, b] }) => [`DPO ${solved(a).now}, KTO ${solved(b).now}: ${paired(a, b)}`],
    },
    {
      answer: 'try',
      truth: 'try',
      says: ({ race: [a, b] }) => [`KTO less DPO was ${paired(a, b)}`],
    },
  ],
};

const whosePairs: LessonPlan = {
  id: 'whose-pairs',
  steps: [
    { answer: 'strong', says: () => ['Noted. The two runs will tell.'] },
    {
      answer: 70,
      run: 'self',
      says: async (_, page) => {
        const numbers = await separability(page);
        return [
          `${pct(numbers['probe/accuracy']!, 0)}; by the length alone ${pct(numbers['length/accuracy']!, 0)}. You said 70 %.`,
        ];
      },
    },
    {
      run: 'strong',
      says: async ({ self: [own], strong: [run] }, page) => [
        `told apart in ${pct((await separability(page))['probe/accuracy']!, 0)}, and the loss ends at ${late(run).toFixed(2)}.`,
        `and ${late(own).toFixed(2)}.`,
      ],
    },
    {
      answer: 'alike',
      says: ({ self: [own], strong: [run] }) => [
        pct(measured(own, 'solved').now),
        pct(measured(run, 'solved').now),
        `Before training it was ${pct(measured(run, 'solved').before)}.`,
        `${pct(measured(own, 'asr').now)} after its own, ${pct(measured(run, 'asr').now)} after his.`,
      ],
    },
    {
      answer: 'more',
      run: 'clear',
      says: ({ clear: [a, b] }) => [
        `All: ${solved(a).now}, the clearest: ${solved(b).now}; a difference of ${paired(a, b)}`,
      ],
    },
  ],
};

const lookingAhead: LessonPlan = {
  id: 'looking-ahead',
  steps: [
    {
      answer: 30,
      run: 'look',
      says: async (_, page) => {
        const { misled, pairs } = await searched(page);
        return [`In ${pct(misled, 0)} of ${pairs}. You said 30 %.`];
      },
    },
    {
      answer: 90,
      says: async (_, page) => [`In ${pct((await searched(page)).agreed, 0)}`],
    },
    {
      says: async (_, page) => [`${(await searched(page)).visits.join(' and ')} visits.`],
    },
    {
      answer: 'open',
      run: 'race',
      says: ({ race: [a, b] }) => [
        `Step-DPO ${solved(a).now}, the search’s pairs ${solved(b).now}: ${paired(a, b)}`,
      ],
    },
    { answer: 'verifier', truth: 'ends', says: () => ['Going to the end.'] },
  ],
};

export const dataPlans: readonly LessonPlan[] = [
  blameTheStep,
  lengthIsNotQuality,
  whenToStop,
  oneThumb,
  whosePairs,
  lookingAhead,
];
