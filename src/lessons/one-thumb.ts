import type { LabSpec, Lesson, Live, RunSpec } from './lesson';
import { raceStep } from './pieces';
import { armsOf, live, pairedWords, share, solvedOf } from './read';

const blur: LabSpec = {
  name: 'blur',
  title: 'networks of one to eight units, comparing and judging',
  lab: 'daa-blur',
  params: {},
  seconds: 3,
};
const race: RunSpec = {
  name: 'race',
  title: 'DPO on pairs and KTO on thumbs',
  arms: [{ 'method.id': 'dpo' }, { 'method.id': 'kto' }],
  seconds: 25,
};

const at = ({ labs }: Live, units: number) => {
  const numbers = labs['blur']?.numbers;
  const [pairwise, pointwise] = [
    numbers?.[`accuracy/pairwise/${units}`],
    numbers?.[`accuracy/pointwise/${units}`],
  ];
  return pairwise === undefined || pointwise === undefined
    ? undefined
    : { pairwise, pointwise, gap: pairwise - pointwise };
};

/** Less than two points apart is alike. */
const alike = 0.02;
const sideOf = (gap: number) => (gap > alike ? 'pair' : gap < -alike ? 'point' : 'alike');

export const oneThumb: Lesson = {
  id: 'one-thumb',
  base: {
    'method.id': 'dpo',
    'data.trees': 256,
    steps: 30,
    'optimizer.learningRate': 0.0001,
    'evaluation.every': 15,
  },
  terms: ['pointwise', 'pair', 'implicit-reward', 'reference', 'paired'],
  claims: [
    {
      id: 'narrow',
      text: 'In a network of one unit, comparing ranks better than judging alone.',
      holds: (all) => {
        const found = at(all, 1);
        return found && found.gap > 0;
      },
    },
    {
      id: 'wide',
      text: 'With six units the difference is smaller.',
      holds: (all) => {
        const [narrow, wide] = [at(all, 1), at(all, 6)];
        return narrow && wide && wide.gap < narrow.gap;
      },
    },
    {
      id: 'thumbs-teach',
      text: 'KTO, on thumbs alone, solves more than before.',
      holds: (all) => {
        const kto = armsOf(all, 'race')[1];
        const solved = kto && solvedOf(kto);
        return solved && solved.now > solved.before;
      },
    },
  ],
  steps: [
    {
      title: 'Thumbs',
      teaser: 'A hundred answers with a thumb each.',
      say: 'A site collects thumbs: this answer was good, that one was not. After a week there are a hundred, each for another question. How many pairs of two answers to *one* question can be made of them?',
      ask: { kind: 'number', unit: 'pairs', near: 0.5, truth: () => 0 },
      reply: (_, given) => {
        const guess =
          given === undefined || Number(given) === 0
            ? ''
            : ` You said ${live(String(given))}; that would compare answers to different questions.`;
        return `None.${guess} A pair holds everything equal but the answer; a thumb also says how easy its question was. Methods that take thumbs have to take that out by themselves.`;
      },
    },
    {
      title: 'A small head',
      teaser: 'A toy in which questions carry a bias of their own.',
      say: 'A toy: half of the questions make *every* answer look better, which has nothing to do with which is the better one. A network scores answers. One loss compares two answers, one judges each alone. With a single hidden unit, which ranks new pairs better?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'pair', text: 'comparing' },
          { value: 'alike', text: 'alike, within 2 points' },
          { value: 'point', text: 'judging alone' },
        ],
        truth: (all) => {
          const found = at(all, 1);
          return found && sideOf(found.gap);
        },
      },
      run: blur,
      show: [{ view: 'figures', title: 'Held-out pairs ranked right', lab: 'blur' }],
      reply: (all) => {
        const found = at(all, 1);
        if (!found) return undefined;
        const both = `Comparing ${share(found.pairwise)}, judging alone ${share(found.pointwise)}.`;
        return {
          pair: `${both} In a comparison the bias of the question cancels; judged alone, the one unit is spent on it.`,
          alike: `${both} Here the bias hardly cost anything: with this seed the one unit found the difference all the same.`,
          point: `${both} The other way round here, which with twenty networks is rare; try another seed.`,
        }[sideOf(found.gap)]!;
      },
      notes: [
        {
          title: 'Twenty networks',
          text: 'each width, each with other questions. [The experiment](#/lab/daa-blur), [the study](#/studies/daa-blur).',
        },
      ],
    },
    {
      title: 'A larger head',
      teaser: 'The same with six units.',
      say: 'The same toy with six hidden units: there is room for the bias *and* for the difference. Is comparing still better?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'pair', text: 'yes' },
          { value: 'alike', text: 'alike, within 2 points' },
          { value: 'point', text: 'now judging alone is better' },
        ],
        truth: (all) => {
          const found = at(all, 6);
          return found && sideOf(found.gap);
        },
      },
      run: blur,
      reply: (all) => {
        const [narrow, wide] = [at(all, 1), at(all, 6)];
        if (!narrow || !wide) return undefined;
        const both = `Comparing ${share(wide.pairwise)}, judging alone ${share(wide.pointwise)}.`;
        return Math.abs(wide.gap) < Math.abs(narrow.gap)
          ? `${both} The gap was ${live(`${(100 * narrow.gap).toFixed(1)} points`)} with one unit: it is a matter of room. A model that can tell questions apart need not be told to compare.`
          : `${both} The gap has not closed, it was ${live(`${(100 * narrow.gap).toFixed(1)} points`)} with one unit. Look at the widths between.`;
      },
    },
    {
      title: 'In a model',
      teaser: 'DPO on pairs beside KTO on thumbs, from the same problems.',
      say: 'KTO takes single answers with a label: up is to gain on the reference, down to lose, measured from a baseline. It trains beside DPO, at the same rate; the answers are of the same model to the same problems. Which solves more?',
      ...raceStep(
        race,
        'DPO and KTO',
        { less: 'DPO, on pairs', more: 'KTO, on thumbs' },
        ({ solved: [x, y], words, side }) => {
          const verdict = {
            more: 'Thumbs did more here, which pairs do not promise to prevent.',
            less: 'The pairs did more: what cancels in them has to be learned from thumbs.',
            open: 'Not told apart: if whole pairs are worth more here than halves with a baseline, one seed does not show it.',
          }[side];
          return `DPO ${x}, KTO ${y}: ${words}. ${verdict}`;
        },
      ),
      notes: [
        {
          title: 'The baseline',
          text: 'How much likelier answers have become on the whole, taken from answers put to the wrong questions. [KTO](#/methods/kto), [ASFT](#/methods/asft).',
        },
      ],
    },
    {
      title: 'Which to take',
      teaser: 'Thumbs are there, pairs are not.',
      say: 'You have thumbs and no pairs. Would you pay somebody to write second answers, so that there are pairs?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'pay', text: 'yes, pairs are better' },
          { value: 'try', text: 'first try what thumbs do' },
        ],
        truth: () => 'try',
      },
      reply: (all) => {
        const [a, b] = armsOf(all, 'race');
        const words = a && b && pairedWords(a, b);
        const seen = words ? ` In your race KTO less DPO was ${words}.` : '';
        return `Try first: these [take thumbs](#/methods?have=thumbs).${seen} Where the questions differ much in how easy they are, or the model is small for them, pairs are worth more.`;
      },
      teach: 'Ask for a case in which a thumb says more about the question than about the answer.',
    },
  ],
};
