import type { SearchViewNode } from '../../workers/protocol';
import type { Lesson, Live, Look, RunSpec } from './lesson';
import { raceStep, youSaid } from './pieces';
import { armsOf, live, share, solvedOf } from './read';

/** What a search knew of the two steps that it made a pair of. */
interface SearchedStep {
  text: string;
  prior: number;
  q: number;
  visits: number;
  right: boolean;
}

interface SearchedPair {
  prompt: string;
  chosen: SearchedStep;
  rejected: SearchedStep;
}

const most = 24;

const stepOf = ({ text, prior = 0, q = 0, visits = 0, correct }: SearchViewNode): SearchedStep => ({
  text: text.trim(),
  prior,
  q,
  visits,
  right: correct === true,
});

const searched: Look = async (engine): Promise<SearchedPair[]> => {
  const { total } = await engine.trees(0, 1);
  const pairs: SearchedPair[] = [];
  for (let i = 0; i < Math.min(total, most); i++) {
    const { prompt, search } = await engine.credit(i);
    const [pair] = search?.pairs ?? [];
    const [chosen, rejected] = pair ? [search!.nodes[pair.chosen], search!.nodes[pair.rejected]] : [];
    if (chosen && rejected)
      pairs.push({ prompt: prompt.trim(), chosen: stepOf(chosen), rejected: stepOf(rejected) });
  }
  return pairs;
};

const look: RunSpec = {
  name: 'look',
  title: 'one step that moves nothing, to look at 24 searched pairs',
  fields: {
    'method.id': 'alphallm-cpl',
    'data.trees': most,
    batchSize: most,
    steps: 1,
    'optimizer.learningRate': 1e-7,
    'evaluation.problems': 0,
    'probe.pairs': 0,
  },
  looks: { searched },
  seconds: 4,
};
const race: RunSpec = {
  name: 'race',
  title: 'Step-DPO, and pairs of a search',
  arms: [{ 'method.id': 'step-dpo' }, { 'method.id': 'alphallm-cpl' }],
  seconds: 30,
};

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const found = ({ looks }: Live) => {
  const pairs = looks['look']?.['searched'] as SearchedPair[] | undefined;
  if (!pairs) return undefined;
  const of = (test: (pair: SearchedPair) => boolean) => pairs.filter(test).length / Math.max(1, pairs.length);
  return {
    pairs,
    /** The worse step was the likelier one. */
    misled: of(({ chosen, rejected }) => rejected.prior > chosen.prior),
    /** As the verifier has it, too. */
    agreed: of(({ chosen, rejected }) => chosen.right && !rejected.right),
    visits: [
      mean(pairs.map(({ chosen }) => chosen.visits)),
      mean(pairs.map(({ rejected }) => rejected.visits)),
    ] as const,
  };
};

const none =
  'The search found no two steps of different value here. Try another seed, at the foot of the page.';

/** A quarter more visits is more. */
const sideOf = ([chosen, rejected]: readonly [number, number]) =>
  chosen > 1.25 * rejected ? 'chosen' : rejected > 1.25 * chosen ? 'rejected' : 'alike';

export const lookingAhead: Lesson = {
  id: 'looking-ahead',
  base: {
    'method.id': 'step-dpo',
    'data.trees': 128,
    steps: 30,
    'optimizer.learningRate': 0.00005,
    'evaluation.every': 0,
  },
  terms: ['search-tree', 'value-head', 'verifier', 'credit', 'pair', 'paired'],
  claims: [
    {
      id: 'misled',
      text: 'In more than a quarter of the searched pairs the worse step was the likelier one.',
      holds: (all) => {
        const seen = found(all);
        return seen && seen.pairs.length > 0 && seen.misled > 0.25;
      },
    },
    {
      id: 'agreed',
      text: 'In more than three quarters the better step is right and the worse one wrong, as the verifier has it.',
      holds: (all) => {
        const seen = found(all);
        return seen && seen.pairs.length > 0 && seen.agreed > 0.75;
      },
    },
    {
      id: 'teaches',
      text: 'What trains on them solves more than before.',
      holds: (all) => {
        const arm = armsOf(all, 'race')[1];
        const solved = arm && solvedOf(arm);
        return solved && solved.now > solved.before;
      },
    },
  ],
  steps: [
    {
      title: 'Two ways on',
      teaser: 'A search tries steps, and follows them to the end.',
      say: 'The model proposes several next lines for a sum; a search goes down to the end of each, again and again, and lets what came of it flow back. Two steps after the same beginning with different outcomes are a pair. In how many had the model found the *worse* step the likelier one, in percent?',
      ask: {
        kind: 'number',
        unit: '%',
        near: 12,
        truth: (all) => {
          const seen = found(all);
          return seen && seen.pairs.length > 0 ? Math.round(100 * seen.misled) : undefined;
        },
      },
      run: look,
      show: [
        {
          view: 'table',
          title: 'Some of the pairs: prior of the model, and what came back (Q)',
          of: (all) => {
            const seen = found(all);
            return seen && seen.pairs.length > 0
              ? {
                  head: ['problem', 'better step', 'prior', 'Q', 'worse step', 'prior', 'Q'],
                  rows: seen.pairs
                    .slice(0, 6)
                    .map(({ prompt, chosen, rejected }) => [
                      prompt,
                      chosen.text,
                      chosen.prior.toFixed(2),
                      chosen.q.toFixed(2),
                      rejected.text,
                      rejected.prior.toFixed(2),
                      rejected.q.toFixed(2),
                    ]),
                }
              : undefined;
          },
        },
      ],
      reply: (all, given) => {
        const seen = found(all);
        if (!seen) return undefined;
        if (seen.pairs.length === 0) return none;
        const guess = youSaid(given, '%');
        return seen.misled > 0.25
          ? `In ${share(seen.misled, 0)} of ${live(seen.pairs.length)}.${guess} Those are the pairs worth having: by looking ahead it has found out what it did not believe.`
          : `In ${share(seen.misled, 0)} of ${live(seen.pairs.length)}.${guess} Few: mostly it believed the right thing already, and such pairs teach little.`;
      },
      notes: [
        {
          title: 'Prior and Q',
          text: 'Prior: how likely the model finds the step, a token in the mean. Q: the mean of what came back through it; 1 is an end that is right.',
        },
      ],
    },
    {
      title: 'Is it true?',
      teaser: 'What the search thinks better, and what the verifier says.',
      say: 'A step that leads to right ends is taken for better. It need not be: one may be lucky, or unlucky, further down. In how many of the pairs does the verifier agree, line by line: the better step right, the worse one wrong? In percent.',
      ask: {
        kind: 'number',
        unit: '%',
        near: 10,
        truth: (all) => {
          const seen = found(all);
          return seen && seen.pairs.length > 0 ? Math.round(100 * seen.agreed) : undefined;
        },
      },
      run: look,
      reply: (all, given) => {
        const seen = found(all);
        if (!seen) return undefined;
        if (seen.pairs.length === 0) return none;
        const guess = youSaid(given, '%');
        return seen.agreed > 0.75
          ? `In ${share(seen.agreed, 0)}.${guess} The search only saw whether an *end* was right, and found out which *step* was: credit assignment by trying.`
          : `In ${share(seen.agreed, 0)} only.${guess} With so few visits luck further down counts for much; more simulations would tell.`;
      },
    },
    {
      title: 'Where it looks',
      teaser: 'Visits, shared out between good and bad.',
      say: 'A simulation costs as much as an answer. A good search spends them where it pays: on what looks good, and on what it knows little of. Which of the two steps of a pair was visited more?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'chosen', text: 'the better one' },
          { value: 'alike', text: 'both about alike' },
          { value: 'rejected', text: 'the worse one' },
        ],
        truth: (all) => {
          const seen = found(all);
          return seen && seen.pairs.length > 0 ? sideOf(seen.visits) : undefined;
        },
      },
      run: look,
      show: [
        {
          view: 'bars',
          title: 'Visits of a step, in the mean',
          of: (all) => {
            const seen = found(all);
            return seen && seen.pairs.length > 0
              ? ['better step', 'worse step'].map((label, i) => ({
                  label,
                  value: seen.visits[i]!,
                  text: seen.visits[i]!.toFixed(1),
                  color: i === 0 ? '--right' : '--rubric',
                }))
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const seen = found(all);
        if (!seen) return undefined;
        if (seen.pairs.length === 0) return none;
        const both = `${live(seen.visits[0].toFixed(1))} and ${live(seen.visits[1].toFixed(1))} visits.`;
        return {
          chosen: `${both} It went where it had been rewarded.`,
          alike: `${both} With few simulations it is still finding out; only later would it prefer what pays.`,
          rejected: `${both} More on the worse one: it was the likelier, and it took a while to be given up.`,
        }[sideOf(seen.visits)];
      },
    },
    {
      title: 'The race',
      teaser: 'Pairs of a search beside steps taken again.',
      say: 'Step-DPO finds the first wrong step with the verifier and tries it again. The other trains on a search’s pairs, in an order that begins with the clearest. As many pairs, as many steps. Which solves more?',
      ...raceStep(
        race,
        'Step-DPO and a search’s pairs',
        { less: 'Step-DPO', more: 'the search’s pairs' },
        ({ solved: [x, y], words, side }) => {
          const verdict = {
            more: 'Looking ahead found pairs that trying again did not.',
            less: 'Knowing where the mistake is beats searching for it, where somebody knows.',
            open: 'Without being told where mistakes are it came as far, within chance: for more samples.',
          }[side];
          return `Step-DPO ${x}, the search’s pairs ${y}: ${words}. ${verdict}`;
        },
      ),
      notes: [
        {
          title: 'The methods',
          text: '[AlphaLLM-CPL](#/methods/alphallm-cpl) orders the pairs; [SVPO](#/methods/svpo) trains a value head beside.',
        },
      ],
    },
    {
      title: 'Guessing the end',
      teaser: 'What a value head would save.',
      say: 'Most of a search is spent on going to the end, only to see how it ends. A *value head* is a small network beside the model that guesses that from a beginning. What does it save?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'steps', text: 'proposing steps' },
          { value: 'ends', text: 'going to the end' },
          { value: 'verifier', text: 'the verifier' },
        ],
        truth: () => 'ends',
      },
      reply: (all) => {
        const seen = found(all);
        const here =
          seen && seen.pairs.length > 0
            ? ` Here a step of a pair was gone through ${live(mean(seen.visits).toFixed(1))} times.`
            : '';
        return `Going to the end.${here} Somebody still has to say, at some ends, whether they are right: the head learns from those. [More methods that blame steps](#/methods?want=blame)`;
      },
      teach: 'Chess players do both. Ask when they count to the end, and when they trust a glance.',
    },
  ],
};
