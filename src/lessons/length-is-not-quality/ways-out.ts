import type { Step } from '../lesson';
import { armsOf, lastOf, live, pairedSide, pairedWords, runOf, share } from '../read';
import { dear, gapWords, lengthsIn, names, race, shortest } from './runs';

/** One answer of 20 tokens against one of 28, as four losses count their tokens. */
const coefficients = [
  ['DPO', '1', '1', '0'],
  ['R-DPO, alpha 0.07', '1', '1', '0.07 × 8 = 0.56'],
  ['SimPO', '1/28', '1/20', 'a target'],
  ['LD-DPO, alpha 0.5', '1, beyond token 20: 0.5', '1', '0'],
];

/** Four losses that count tokens in other ways, a price that is too high, and one's own data. */
export const waysOut: readonly Step[] = [
  {
    title: 'Four ways out',
    teaser: 'Sums, means, a bar, a tail.',
    say: 'An answer of 28 tokens is preferred to one of 20. The table says how four losses count its tokens, and by how much the bar is raised for the longer one. Which of them leaves every token’s weight at 1, and asks for more margin instead?',
    ask: {
      kind: 'choice',
      options: names.map((text) => ({ value: text, text })),
      truth: () => 'R-DPO',
    },
    show: [
      {
        view: 'table',
        title: 'One pair of 28 and 20 tokens',
        early: true,
        of: () => ({ head: ['', 'a token of the longer', 'of the shorter', 'bar'], rows: coefficients }),
      },
    ],
    reply: (all) => {
      const found = lengthsIn(all);
      const here = found
        ? ` In the pairs above the mean gap is ${live(found.gap.toFixed(1))} tokens, so its bar there is ${live((0.07 * found.gap).toFixed(2))}.`
        : '';
      return `[R-DPO](#/methods/r-dpo): what is longer has to be better by more.${here} [SimPO](#/methods/simpo) divides, [LD-DPO](#/methods/ld-dpo) counts what only the longer one has at a discount.`;
    },
  },
  {
    title: 'The race',
    teaser: 'Which ends shortest, and which stays as good?',
    say: 'All four on the same pairs, for 40 steps. Which ends with the shortest answers?',
    ask: {
      kind: 'choice',
      options: names.map((text) => ({ value: text, text })),
      truth: (all) => {
        const found = shortest(all);
        return found?.apart ? names[found.at] : undefined;
      },
    },
    run: race,
    show: [
      {
        view: 'bars',
        title: 'Tokens of an answer at the end',
        of: (all) => {
          const found = shortest(all);
          return found?.values.map((value, i) => ({ label: names[i]!, value, text: value.toFixed(1) }));
        },
      },
      { view: 'race', title: 'Four methods', run: 'race' },
    ],
    reply: (all) => {
      const found = shortest(all);
      const [a, b] = armsOf(all, 'race');
      const words = a && b && pairedWords(a, b);
      if (!found || !a || !b || !words) return undefined;
      if (!found.apart)
        return `All four end within half a token of one another, at about ${live(found.values[0]!.toFixed(1))}: nothing to choose between them in length. R-DPO less DPO in problems solved: ${words}.`;
      const lead = `${names[found.at]} with ${live(found.values[found.at]!.toFixed(1))} tokens; DPO has ${live(found.values[0]!.toFixed(1))}.`;
      const cost = {
        more: 'and it solves more besides',
        less: 'which costs it some right answers',
        open: 'which in right answers is no difference beyond chance',
      }[pairedSide(a, b) ?? 'open'];
      const verdict =
        found.at === 1
          ? `R-DPO less DPO in problems solved: ${words}, ${cost}.`
          : 'The price on length did not win with this seed; look at what the others did.';
      const others =
        Math.min(found.values[2]!, found.values[3]!) > found.values[0]! - 1
          ? ' Dividing, or discounting the tail, did not shorten anything: what is said again is nearly certain, so its mean is hardly worse, and whether to go on is decided *before* the tail.'
          : '';
      return `${lead} ${verdict}${others}`;
    },
    notes: [
      {
        title: 'Not the papers’ last word',
        text: 'SimPO’s and LD-DPO’s effect is on texts whose filler is not certain. [The studies](#/studies) say what does not show at this size.',
      },
    ],
  },
  {
    title: 'Too much of it',
    teaser: 'The price on length, four times as high.',
    say: 'If a price on length helps, more of it should help more: alpha 0.3 in the place of 0.07. What happens to answers that were short already?',
    ask: {
      kind: 'choice',
      options: [
        { value: 'fine', text: 'shorter, and as many right' },
        { value: 'cut', text: 'shorter, and fewer right' },
        { value: 'no', text: 'not shorter' },
      ],
      truth: (all) => {
        const [run, other] = [runOf(all, 'dear'), armsOf(all, 'race')[1]];
        const [a, b] = [run && lastOf(run), other && lastOf(other)];
        if (!a || !b || !run || !other) return undefined;
        if (a.meanTokens > b.meanTokens - 0.5) return 'no';
        return pairedSide(other, run) === 'less' ? 'cut' : 'fine';
      },
    },
    run: dear,
    reply: (all) => {
      const [run, other] = [runOf(all, 'dear'), armsOf(all, 'race')[1]];
      const last = run && lastOf(run);
      if (!run || !last) return undefined;
      const here = `At alpha 0.3 an answer has ${live(last.meanTokens.toFixed(1))} tokens, and ${share(last.accuracy)} are right.`;
      const before = other && lastOf(other);
      const words = other && pairedWords(other, run);
      if (!other || !before || !words) return `${here} Run the race of step 5 to see it beside alpha 0.07.`;
      const verdict = {
        less: 'The price is paid in right answers: what had to be said is left out as well.',
        more: 'It even solves more: there was nothing in the length that was worth having.',
        open:
          last.meanTokens < before.meanTokens - 0.5
            ? 'Right answers did not suffer beyond chance: there was still idle text to be saved.'
            : 'No shorter, and no difference in right answers beyond chance.',
      }[pairedSide(other, run) ?? 'open'];
      return `${here} At 0.07 it had ${live(before.meanTokens.toFixed(1))}; the difference in right answers is ${words}. ${verdict}`;
    },
  },
  {
    title: 'In your own data',
    teaser: 'What to look at before training on a file.',
    say: 'Bring a file of preferences on the [first page](#/) and press “Check the data”: the report has the lengths of both sides. Suppose it says that the preferred answer is longer in 80 % of the rows. What do you do first?',
    ask: {
      kind: 'choice',
      options: [
        { value: 'look', text: 'read some of the others: are they worse?' },
        { value: 'price', text: 'put a price on length' },
        { value: 'ignore', text: 'nothing: longer is better' },
      ],
      truth: () => 'look',
    },
    reply: (all) => {
      const found = lengthsIn(all);
      const here = found
        ? ` In this lesson they were ${gapWords(found.gap)}, and the length was worth nothing.`
        : '';
      return `Read first: length may be what the task needs.${here} Where it is not, these methods want [answers no longer than needed](#/methods?want=length).`;
    },
    teach:
      'Let each group write ten pairs of answers to one question, and count afterwards in how many the longer one was preferred.',
  },
];
