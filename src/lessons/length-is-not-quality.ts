import { scoredNodes } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import { lengthFit, lengthPoints } from '../ui/live/length-data';
import type { Lesson, Live, LiveRun, Look, RunSpec } from './lesson';
import { youSaid } from './pieces';
import { armsOf, firstOf, lastOf, live, movedOf, pairedSide, pairedWords, runOf, share } from './read';

/** Lengths of the two answers of each pair, in tokens. */
interface LengthLook {
  pairs: number;
  /** Shares of the pairs in which the preferred answer is the longer one, and the shorter one. */
  longer: number;
  shorter: number;
  /** By how many tokens, in the mean over all pairs. */
  gap: number;
}

const most = 1000;

const lengths: Look = async (engine): Promise<LengthLook> => {
  const { trees } = await engine.trees(0, most);
  const tokens = (tree: PreferenceTree, response: number) =>
    scoredNodes(tree, tree.responses[response]!).reduce(
      (sum, node) => sum + tree.nodes[node]!.tokens.length,
      0,
    );
  const gaps = trees.flatMap((tree) =>
    tree.comparisons.map(({ chosen, rejected }) => tokens(tree, chosen) - tokens(tree, rejected)),
  );
  return {
    pairs: gaps.length,
    longer: gaps.filter((gap) => gap > 0).length / Math.max(1, gaps.length),
    shorter: gaps.filter((gap) => gap < 0).length / Math.max(1, gaps.length),
    gap: gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length),
  };
};

const dpo: RunSpec = { name: 'dpo', title: '40 steps of DPO', looks: { lengths }, seconds: 15 };
const race: RunSpec = {
  name: 'race',
  title: 'DPO, R-DPO, SimPO and LD-DPO',
  fields: { 'evaluation.every': 0 },
  arms: ['dpo', 'r-dpo', 'simpo', 'ld-dpo'].map((id) => ({ 'method.id': id })),
  seconds: 30,
};
const dear: RunSpec = {
  name: 'dear',
  title: 'R-DPO at alpha 0.3',
  fields: { 'method.id': 'r-dpo', 'method.params.alpha': 0.3, 'evaluation.every': 0 },
  seconds: 12,
};

const lengthsIn = ({ looks }: Live) => looks['dpo']?.['lengths'] as LengthLook | undefined;

const tokensOf = (run: LiveRun | undefined) => {
  const [before, now] = run ? [firstOf(run), lastOf(run)] : [];
  return before && now ? { before: before.meanTokens, now: now.meanTokens } : undefined;
};

/** A change of less than a token is none. */
const grew = (by: number) => (by > 1 ? 'longer' : by < -1 ? 'shorter' : 'same');

/** Rank correlation of length and implicit reward over the probe. */
const rankOf = (run: LiveRun) => {
  const moved = movedOf(run);
  return moved && lengthFit(lengthPoints(moved.changes))?.rank;
};

const names = ['DPO', 'R-DPO', 'SimPO', 'LD-DPO'];
const shortest = (all: Live) => {
  const ends = armsOf(all, 'race').map((arm) => lastOf(arm)?.meanTokens);
  if (ends.length < 4 || ends.some((end) => end === undefined)) return undefined;
  const values = ends as number[];
  return { values, at: values.indexOf(Math.min(...values)) };
};

/** One answer of 20 tokens against one of 28, as four losses count their tokens. */
const coefficients = [
  ['DPO', '1', '1', '0'],
  ['R-DPO, alpha 0.07', '1', '1', '0.07 × 8 = 0.56'],
  ['SimPO', '1/28', '1/20', 'a target'],
  ['LD-DPO, alpha 0.5', '1, beyond token 20: 0.5', '1', '0'],
];

export const lengthIsNotQuality: Lesson = {
  id: 'length-is-not-quality',
  base: {
    'method.id': 'dpo',
    'data.task': 'talk',
    'data.source.id': 'length-biased',
    'data.trees': 200,
    steps: 40,
    'optimizer.learningRate': 0.0001,
    'evaluation.every': 20,
    'evaluation.problems': 200,
  },
  terms: ['length-bias', 'judge', 'margin', 'target', 'token', 'paired'],
  claims: [
    {
      id: 'longer-pairs',
      text: 'The preferred answers are longer, by more than two tokens in the mean.',
      holds: (all) => {
        const found = lengthsIn(all);
        return found && found.gap > 2;
      },
    },
    {
      id: 'dpo-longer',
      text: 'DPO’s answers grow longer by more than a token.',
      holds: (all) => {
        const tokens = tokensOf(runOf(all, 'dpo'));
        return tokens && grew(tokens.now - tokens.before) === 'longer';
      },
    },
    {
      id: 'r-dpo-shorter',
      text: 'R-DPO’s answers end shorter than DPO’s.',
      holds: (all) => {
        const found = shortest(all);
        return found && found.values[1]! < found.values[0]!;
      },
    },
  ],
  steps: [
    {
      title: 'What is preferred here',
      teaser: 'Two hundred pairs, and how long their answers are.',
      say: 'This model solves sums, and likes to say lines of the work again (`~46+5=51`), which helps nobody. Pairs: its longest right answer against its shortest wrong one. What is preferred is rightness; that it is longer, where it is, is a bias. By how many tokens is the preferred answer the longer one, in the mean?',
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
          : `By ${live(found.gap.toFixed(1))} tokens only: ${counts}.${guess} With this seed the bias is small, and so will be what follows.`;
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
        const [tokens, rank, before, now] = run
          ? [tokensOf(run), rankOf(run), firstOf(run), lastOf(run)]
          : [];
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
          return found && names[found.at];
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
          open: 'Right answers did not suffer beyond chance: there was still idle text to be saved.',
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
          ? ` In this lesson they were longer by ${live(found.gap.toFixed(1))} tokens, and the length was worth nothing.`
          : '';
        return `Read first: length may be what the task needs.${here} Where it is not, these methods want [answers no longer than needed](#/methods?want=length).`;
      },
      teach:
        'Let each group write ten pairs of answers to one question, and count afterwards in how many the longer one was preferred.',
    },
  ],
};
