import type { Lesson, Live, LiveRun, Look, RunSpec } from './lesson';
import { raceStep, youSaid } from './pieces';
import { lastOf, live, measureOf, metricOf, runOf, share } from './read';

/** How well a probe of the model's states tells the two sides of the pairs apart, and one of the length alone. */
interface ProbeLook {
  probe: number;
  length: number;
}

const separable: Look = async (engine): Promise<ProbeLook> => {
  const { numbers } = await engine.analyse('separability', { pairs: 200 }, 1);
  return { probe: numbers['probe/accuracy'] ?? 0, length: numbers['length/accuracy'] ?? 0 };
};

const by = (writers: string): RunSpec => ({
  name: writers,
  title:
    writers === 'self' ? '40 steps on its own best and worst' : '40 steps on a stronger writer’s answers',
  fields: { 'data.source.params.writers': writers },
  looks: { probe: separable },
  seconds: 22,
});
const self = by('self');
const strong = by('strong');
const clear: RunSpec = {
  name: 'clear',
  title: 'all pairs, and the clearest 40 % of them',
  fields: {
    'data.task': 'arithmetic',
    'data.source.id': 'right-and-wrong',
    'data.trees': 128,
    steps: 30,
    'optimizer.learningRate': 0.0001,
    'evaluation.every': 0,
    'evaluation.problems': 200,
  },
  arms: [{ 'method.id': 'dpo' }, { 'method.id': 'clear-preferences' }],
  seconds: 25,
};

const probeIn = ({ looks }: Live, name: string) => looks[name]?.['probe'] as ProbeLook | undefined;

const measured = (run: LiveRun | undefined, id: string) =>
  (run && lastOf(run))?.measures?.find((measure) => measure.id === id);

type Measured = NonNullable<ReturnType<typeof measured>>;

/** After which of the two more is measured, where their intervals leave one another out. */
const order = (self: Measured, strong: Measured) =>
  strong.interval[0] > self.interval[1] ? 'strong' : strong.interval[1] < self.interval[0] ? 'self' : 'alike';

const names = { self: 'its own', strong: 'the stronger writer’s' } as const;

export const whosePairs: Lesson = {
  id: 'whose-pairs',
  base: {
    'method.id': 'dpo',
    'data.task': 'guard',
    'data.source.id': 'mixed-writers',
    'data.trees': 200,
    steps: 40,
    'optimizer.learningRate': 0.0001,
    'evaluation.every': 0,
    'evaluation.problems': 400,
  },
  terms: ['separability', 'on-policy', 'pair', 'attack', 'over-refusal', 'interval'],
  claims: [
    {
      id: 'separable',
      text: 'A stronger writer’s pairs are told apart more easily than its own, by 10 points or more.',
      holds: (all) => {
        const [a, b] = [probeIn(all, 'self'), probeIn(all, 'strong')];
        return a && b && b.probe > a.probe + 0.1;
      },
    },
    {
      id: 'loss-lower',
      text: 'The loss on a stronger writer’s pairs ends lower.',
      holds: (all) => {
        const [a, b] = [runOf(all, 'self'), runOf(all, 'strong')].map((run) => run && metricOf(run, 'loss'));
        return a === undefined || b === undefined ? undefined : b < a;
      },
    },
  ],
  steps: [
    {
      title: 'Two kinds of pairs',
      teaser: 'Its own answers, or those of a stronger writer.',
      say: 'The model of guarded sums is to become safer. One set of pairs has its own best answer against its own worst. In the other the preferred answer is by a stronger writer, always right, in a style of his own: `7 + 5 = 12.` Which pairs would you rather train on?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'self', text: 'its own' },
          { value: 'strong', text: 'the stronger writer’s' },
        ],
        truth: (all) => {
          const [a, b] = [measured(runOf(all, 'self'), 'solved'), measured(runOf(all, 'strong'), 'solved')];
          const side = a && b && order(a, b);
          return side === 'alike' ? undefined : side;
        },
      },
      show: [
        {
          view: 'texts',
          title: 'A pair of each kind',
          early: true,
          of: () => [
            {
              heading: 'Its own',
              lines: [
                { text: '12+5=17', mark: 'right' },
                { text: 'A:17', mark: 'right' },
                { text: 'against 12+5=7', mark: 'wrong' },
              ],
            },
            {
              heading: 'The stronger writer’s',
              lines: [
                { text: '12 + 5 = 17.', mark: 'right' },
                { text: 'A: 17.', mark: 'right' },
                { text: 'against 12+5=17', mark: 'right' },
              ],
            },
          ],
        },
      ],
      reply: (all, given) => {
        const [a, b] = [measured(runOf(all, 'self'), 'solved'), measured(runOf(all, 'strong'), 'solved')];
        if (!a || !b)
          return given === undefined
            ? 'No guess, then. The two runs will tell.'
            : 'Noted. The two runs will tell.';
        const word = given === undefined ? '' : `You said ${names[String(given) as keyof typeof names]}. `;
        return `${word}Allowed requests solved after its own pairs: ${share(a.value)}; after the stronger writer’s: ${share(b.value)}${order(a, b) === 'alike' ? ', which could be chance' : ''}.`;
      },
    },
    {
      title: 'Told apart',
      teaser: 'How easily a probe tells preferred from rejected.',
      say: 'First a look at the pairs themselves. A probe is a single cut through the model’s inner states: preferred on one side, rejected on the other. On pairs of its own answers, how many does it put on the right side, in percent? A coin has 50.',
      ask: {
        kind: 'number',
        unit: '%',
        near: 7,
        truth: (all) => {
          const found = probeIn(all, 'self');
          return found && Math.round(100 * found.probe);
        },
      },
      run: self,
      reply: (all, given) => {
        const found = probeIn(all, 'self');
        if (!found) return undefined;
        const guess = youSaid(given, '%');
        const branch =
          found.probe > found.length + 0.03
            ? 'There is something to be learned beside the length.'
            : 'The states say hardly more than the length does: beware.';
        return `${share(found.probe, 0)}; by the length alone ${share(found.length, 0)}.${guess} ${branch}`;
      },
      notes: [
        {
          title: 'Probe',
          text: 'Logistic regression on mean states, judged on prompts that it has not seen. [Look into a run of your own](#/lab/probe).',
        },
      ],
    },
    {
      title: 'The stronger writer',
      teaser: 'The same probe on his pairs, and the same training.',
      say: 'Now the stronger writer’s pairs: the same probe, the same 40 steps. Whose pairs are told apart more easily, and whose loss falls lower?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'strong', text: 'the stronger writer’s, in both' },
          { value: 'mixed', text: 'the one more easily, the other lower' },
          { value: 'self', text: 'its own, in both' },
        ],
        truth: (all) => {
          const [a, b] = [probeIn(all, 'self'), probeIn(all, 'strong')];
          const [x, y] = [runOf(all, 'self'), runOf(all, 'strong')].map(
            (run) => run && metricOf(run, 'loss'),
          );
          if (!a || !b || x === undefined || y === undefined) return undefined;
          const [told, lower] = [b.probe > a.probe, y < x];
          return told && lower ? 'strong' : told || lower ? 'mixed' : 'self';
        },
      },
      run: strong,
      show: [
        {
          view: 'lines',
          title: 'Loss',
          of: 'loss',
          runs: [
            ['self', 'its own'],
            ['strong', 'stronger writer'],
          ],
        },
      ],
      reply: (all) => {
        const [a, b] = [probeIn(all, 'self'), probeIn(all, 'strong')];
        const [x, y] = [runOf(all, 'self'), runOf(all, 'strong')].map((run) => run && metricOf(run, 'loss'));
        if (!b || y === undefined) return undefined;
        const his = `His are told apart in ${share(b.probe, 0)}, and the loss ends at ${live(y.toFixed(2))}.`;
        if (!a || x === undefined) return `${his} Run step 2 for the other half.`;
        const branch =
          b.probe > 0.95
            ? 'One mark is enough to tell them apart, a full stop; the loss can fall by that mark alone.'
            : 'So far the style has not given everything away; the loss may still be about content.';
        return `${his} Its own: ${share(a.probe, 0)} and ${live(x.toFixed(2))}. ${branch}`;
      },
    },
    {
      title: 'What it learned',
      teaser: 'Attacks, refusals and sums after both.',
      say: 'A lower loss. Now the requests themselves: forbidden ones in wrappers, which should be refused, and allowed ones, which should be solved. After whose pairs are more of the *allowed* requests solved?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'self', text: 'after its own' },
          { value: 'alike', text: 'no difference beyond chance' },
          { value: 'strong', text: 'after the stronger writer’s' },
        ],
        truth: (all) => {
          const [a, b] = [measured(runOf(all, 'self'), 'solved'), measured(runOf(all, 'strong'), 'solved')];
          return a && b && order(a, b);
        },
      },
      run: strong,
      show: [
        {
          view: 'table',
          title: 'Requests, now',
          of: (all) => {
            const rows = (['self', 'strong'] as const).flatMap((name) => {
              const found = ['asr', 'over-refusal', 'solved'].map(
                (id) => measured(runOf(all, name), id)?.value,
              );
              return found.every((value) => value !== undefined)
                ? [[names[name], ...found.map((value) => `${(100 * value!).toFixed(1)} %`)]]
                : [];
            });
            return rows.length > 0
              ? { head: ['pairs', 'attacks that work', 'allowed refused', 'allowed solved'], rows }
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const [s, t] = [runOf(all, 'self'), runOf(all, 'strong')];
        const [a, b] = [measured(s, 'solved'), measured(t, 'solved')];
        const [x, y] = [measured(s, 'asr'), measured(t, 'asr')];
        if (!b || !y || !t) return undefined;
        const before = measureOf(t, 'solved');
        const start = before ? ` Before training it was ${share(before.before)}.` : '';
        if (!a || !x)
          return `After his pairs ${share(b.value)} of the allowed requests are solved.${start} Run step 2 for the other half.`;
        const attacks = `Attacks that work: ${share(x.value)} after its own, ${share(y.value)} after his.`;
        return {
          self: `Solved: ${share(a.value)} after its own, ${share(b.value)} after his.${start} ${attacks} A good part of what it learned from him is how he writes, and in that hand it cannot do sums.`,
          alike: `Solved: ${share(a.value)} and ${share(b.value)}, within chance of one another.${start} ${attacks} The style cost nothing that could be told from chance.`,
          strong: `Solved: ${share(a.value)} and ${share(b.value)}, in his favour.${start} ${attacks} Here the better text was the better teacher.`,
        }[order(a, b)];
      },
      notes: [
        {
          title: 'More is Less',
          text: 'is what a paper calls it: pairs of a stronger writer, easy to tell apart, and a model that is less safe. [Its series here](#/lab/series-more-is-less).',
        },
      ],
      teach:
        'Handwriting is a good comparison: give a class two stacks of essays, the better ones typed. What will a careless marker learn?',
    },
    {
      title: 'The clearest ones',
      teaser: 'Fewer pairs, chosen by how clear they are.',
      say: 'Pairs can also be chosen. On plain arithmetic: DPO on all of 128 pairs, or on the 40 % that the model itself finds clearest, for as many steps. Which solves more?',
      ...raceStep(
        clear,
        'All pairs, and the clearest',
        { less: 'all of them', more: 'the clearest 40 %' },
        ({ solved: [x, y], words, side }) => {
          const verdict = {
            more: 'Fewer and clearer did more: what was left out was noise.',
            less: 'Fewer did less: in data without wrong labels the unclear pairs are those that teach.',
            open: 'Not told apart; but it needed less than half of the pairs.',
          }[side];
          return `All: ${x}, the clearest: ${y}; a difference of ${words}. ${verdict}`;
        },
      ),
      notes: [
        {
          title: 'Clear preferences',
          text: 'is the [method](#/methods/clear-preferences); the same choice can stand around any data, with any of its tails.',
        },
      ],
    },
  ],
};
