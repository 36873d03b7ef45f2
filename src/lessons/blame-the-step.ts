import type { Lesson, Live, RunSpec } from './lesson';
import { type PushLook, pushesOn, type WeightLook, weightsOf } from './looks';
import { armsOf, lastOf, live, pairedOf, pairedSide, pairedWords, share } from './read';

/** A step so small that nothing moves: what is looked at is the push before training. */
const still = {
  'data.trees': 48,
  steps: 1,
  'optimizer.learningRate': 1e-7,
  'evaluation.every': 0,
  'evaluation.problems': 0,
  'probe.pairs': 0,
};

const lookAtDpo: RunSpec = {
  name: 'look-dpo',
  title: 'one step that moves nothing, to look at 48 pairs',
  fields: still,
  looks: { pushes: pushesOn(48) },
  seconds: 8,
};
const lookAtStep: RunSpec = {
  name: 'look-step',
  title: 'the same with Step-DPO, to look at 48 pairs',
  fields: { ...still, 'method.id': 'step-dpo' },
  looks: { pushes: pushesOn(48) },
  seconds: 8,
};
const race: RunSpec = {
  name: 'race',
  title: 'DPO and Step-DPO, side by side',
  fields: { 'evaluation.every': 15 },
  arms: [{ 'method.id': 'dpo' }, { 'method.id': 'step-dpo' }],
  seconds: 25,
};
const guided: RunSpec = {
  name: 'guided',
  title: 'DPO and TGDPO twice, gently and with alpha 10',
  fields: { 'evaluation.every': 0 },
  arms: [
    { 'method.id': 'dpo' },
    { 'method.id': 'tgdpo' },
    { 'method.id': 'tgdpo', 'method.params.alpha': 10 },
  ],
  looks: { weights: weightsOf(1, 8), strong: weightsOf(2, 8) },
  seconds: 30,
};

const sharesIn = ({ looks }: Live, name: string) => (looks[name]?.['pushes'] as PushLook | undefined)?.shares;
const weightsIn = ({ looks }: Live, look: string) => looks['guided']?.[look] as WeightLook | undefined;

/** A difference of less than this many points is called none in a guess. */
const near = 0.03;

/** The problem is `20,+2,-5,*4,+29`. */
export const wrongAnswer = ['20+2=22', '22-5=27', '27*4=108', '108+29=137', 'A:137'] as const;

const halves = (value: number) => (value < 0.25 ? 'little' : value > 0.6 ? 'most' : 'half');

export const blameTheStep: Lesson = {
  id: 'blame-the-step',
  base: { 'method.id': 'dpo', 'data.trees': 256, steps: 30, 'optimizer.learningRate': 0.00005 },
  terms: ['credit', 'verifier', 'pair', 'net-push', 'parting', 'paired', 'interval'],
  claims: [
    {
      id: 'right-lines',
      text: 'Of DPO’s push down, more than a third hits lines that are right.',
      holds: (all) => {
        const shares = sharesIn(all, 'look-dpo');
        return shares ? shares.right > 1 / 3 : undefined;
      },
    },
    {
      id: 'step-spares',
      text: 'Step-DPO pushes no right line down.',
      holds: (all) => {
        const shares = sharesIn(all, 'look-step');
        return shares ? shares.right < 0.01 : undefined;
      },
    },
    {
      id: 'step-wins',
      text: 'At the same rate, Step-DPO solves more problems than DPO.',
      holds: (all) => {
        const [a, b] = armsOf(all, 'race');
        const paired = a && b && pairedOf(a, b);
        return paired && paired.difference > 0;
      },
    },
    {
      id: 'guide-hardly-moved',
      text: 'The weights that TGDPO’s guide gives lie within 0.5 of 1.',
      holds: (all) => {
        const weights = weightsIn(all, 'weights');
        return weights && weights.low > 0.5 && weights.high < 1.5;
      },
    },
  ],
  steps: [
    {
      title: 'Which line?',
      teaser: 'A wrong answer of five lines.',
      say: 'The model was asked `20,+2,-5,*4,+29`, one operation a line. Its answer is wrong. Which line would you mark?',
      ask: {
        kind: 'line',
        lines: wrongAnswer,
        truth: () => 2,
      },
      show: [
        {
          view: 'texts',
          title: 'As the verifier has it',
          of: () => [
            {
              heading: 'As the verifier has it',
              lines: wrongAnswer.map((text, i) =>
                i === 1
                  ? { text, mark: 'wrong', note: 'should be 17: the sign was taken for a plus' }
                  : { text, mark: 'right' },
              ),
            },
          ],
        },
      ],
      reply: () =>
        'The verifier marks line {2}. Lines 3, 4 and 5 are right, given what stood above them: nobody should be told off for those.',
      notes: [
        {
          title: 'Verifier',
          text: 'A program that works the sum out itself and judges each line by the one above it. People and models can do the same, at a price.',
        },
      ],
    },
    {
      title: 'What DPO marks',
      teaser: 'Every token of one answer up, every token of the other down.',
      say: 'DPO sees two whole answers. Before anything is trained, its loss pushes each token of the preferred one up and each token of the rejected one down. How much of the push *down* hits lines that are right, in percent?',
      ask: {
        kind: 'number',
        unit: '%',
        near: 10,
        truth: (all) => {
          const shares = sharesIn(all, 'look-dpo');
          return shares ? Math.round(100 * shares.right) : undefined;
        },
      },
      run: lookAtDpo,
      show: [
        {
          view: 'credit',
          title: 'The push of DPO on one pair, before training',
          run: 'look-dpo',
          look: 'pushes',
          measure: 'push',
        },
      ],
      reply: (all, given) => {
        const shares = sharesIn(all, 'look-dpo');
        if (shares === undefined) return undefined;
        if (shares === null)
          return 'Here nothing was pushed down, so there is nothing to share out. Try another seed, at the foot of the page.';
        const guess = given === undefined ? '' : ` You said ${live(`${given} %`)}.`;
        const branch =
          shares.right > 1 / 3
            ? ''
            : ' Less than one might fear: in these pairs most mistakes come early, and little that is right stands beside them.';
        return `${share(shares.right, 0)} of it, over ${live(shares.pairs)} pairs.${guess}${branch}`;
      },
      notes: [
        {
          title: 'Push',
          text: 'The derivative of the loss by a token’s log-prob, with the sign turned. All tokens of one answer get the same.',
        },
      ],
    },
    {
      title: 'What cancels',
      teaser: 'Tokens that both answers have are pushed up once and down once.',
      say: 'The two answers begin alike, and the tokens that both have are pushed up once and down once. How much of the push down is undone in this way?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'little', text: 'less than a quarter' },
          { value: 'half', text: 'about half' },
          { value: 'most', text: 'more than six tenths' },
        ],
        truth: (all) => {
          const shares = sharesIn(all, 'look-dpo');
          return shares ? halves(shares.cancelled) : undefined;
        },
      },
      run: lookAtDpo,
      show: [
        {
          view: 'credit',
          title: 'The same pair, both sides added on shared tokens',
          run: 'look-dpo',
          look: 'pushes',
          measure: 'net',
        },
        {
          view: 'bars',
          title: 'Where the push down goes',
          of: (all) => {
            const shares = sharesIn(all, 'look-dpo');
            if (!shares) return undefined;
            const row = (label: string, value: number, color: string) => ({
              label,
              value,
              text: `${(100 * value).toFixed(0)} %`,
              color,
            });
            return [
              row('undone by the other answer', shares.cancelled, '--ink-quiet'),
              row('right lines after the parting', shares.rightAfter, '--down-ink'),
              row('the mistake', shares.wrong, '--right'),
            ];
          },
        },
      ],
      reply: (all) => {
        const shares = sharesIn(all, 'look-dpo');
        if (shares === undefined) return undefined;
        if (shares === null) return 'Nothing is pushed down here, and nothing cancels. Try another seed.';
        const worst =
          shares.rightAfter > shares.wrong
            ? 'More of what is left hits right lines than the mistake.'
            : 'More of what is left hits the mistake than right lines.';
        return `${share(shares.cancelled, 0)} cancels. ${share(shares.rightAfter, 0)} hits right lines after the parting, ${share(shares.wrong, 0)} the mistake. ${worst}`;
      },
      teach:
        'Ask where a second mistake in the same answer would show, and what DPO would make of an answer that is wrong only in its last line.',
    },
    {
      title: 'What Step-DPO marks',
      teaser: 'The same problem as a fork: a stem, and two steps.',
      say: 'Step-DPO keeps what is right as a stem, and compares the first wrong step with a right one that the model can also take. How much of its push down hits right lines, in percent?',
      ask: {
        kind: 'number',
        unit: '%',
        near: 5,
        truth: (all) => {
          const shares = sharesIn(all, 'look-step');
          return shares ? Math.round(100 * shares.right) : undefined;
        },
      },
      run: lookAtStep,
      show: [
        {
          view: 'credit',
          title: 'The push of Step-DPO on one pair',
          run: 'look-step',
          look: 'pushes',
          measure: 'push',
        },
      ],
      reply: (all, given) => {
        const shares = sharesIn(all, 'look-step');
        if (shares === undefined) return undefined;
        if (shares === null) return 'Nothing is pushed down here. Try another seed, at the foot of the page.';
        const guess = given === undefined ? '' : ` You said ${live(`${given} %`)}.`;
        return shares.right < 0.01
          ? `{None}, over ${live(shares.pairs)} pairs: the stem is given, and not scored.${guess} It had to know where the mistake is; here the verifier says so.`
          : `${share(shares.right, 0)}, over ${live(shares.pairs)} pairs.${guess} Not nothing: some of what it compares is right by itself. Ask why it was taken for a mistake.`;
      },
    },
    {
      title: 'The race',
      teaser: 'Same problems, same samples, other pairs.',
      say: 'Both train for 30 steps at the same rate. They share problems and samples; the pairs made of them are not the same, as each method wants its own. Which solves more held-out problems?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'dpo', text: 'DPO, by 3 points or more' },
          { value: 'alike', text: 'about alike' },
          { value: 'step', text: 'Step-DPO, by 3 points or more' },
        ],
        truth: (all) => {
          const [a, b] = armsOf(all, 'race');
          const paired = a && b && pairedOf(a, b);
          if (!paired) return undefined;
          return paired.difference >= near ? 'step' : paired.difference <= -near ? 'dpo' : 'alike';
        },
      },
      run: race,
      show: [{ view: 'race', title: 'DPO and Step-DPO', run: 'race' }],
      reply: (all) => {
        const [a, b] = armsOf(all, 'race');
        const [x, y, words] = [a && lastOf(a), b && lastOf(b), a && b && pairedWords(a, b)];
        if (!a || !b || !x || !y || !words) return undefined;
        const side = pairedSide(a, b);
        const verdict =
          side === 'more'
            ? ' The interval leaves out zero: blaming the step did more.'
            : side === 'less'
              ? ' Here blaming the step did less. Try another seed, and look at how many pairs each had.'
              : ' The interval has zero in it: with one seed this could be chance.';
        return `DPO ${share(x.accuracy)}, Step-DPO ${share(y.accuracy)}: ${words}, on the same problems.${verdict} One seed is one seed; the [study](#/studies/step-dpo) has six, and gives each its own best rate.`;
      },
      notes: [
        {
          title: 'The same rate',
          text: 'Each at its own best rate would be the other fair race, and there the distance is smaller: DPO likes twice this rate.',
        },
      ],
    },
    {
      title: 'Can weights find it?',
      teaser: 'A method that looks for the tokens itself, without a verifier.',
      say: 'TGDPO has no verifier. It trains once, looks which tokens the first run moved, and trains again with those weighing more. Its alpha says how much. Does either of two alphas beat DPO here, beyond chance?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'yes', text: 'yes' },
          { value: 'no', text: 'no' },
        ],
        truth: (all) => {
          const [a, b, c] = armsOf(all, 'guided');
          if (!a || !b || !c) return undefined;
          return [b, c].some((arm) => pairedSide(a, arm) === 'more') ? 'yes' : 'no';
        },
      },
      run: guided,
      show: [
        { view: 'race', title: 'DPO and TGDPO', run: 'guided' },
        {
          view: 'credit',
          title: 'Weights of TGDPO with alpha 10 on one pair',
          run: 'guided',
          look: 'strong',
          measure: 'weight',
        },
      ],
      reply: (all) => {
        const [a, b, c] = armsOf(all, 'guided');
        const [gentle, strong] = [weightsIn(all, 'weights'), weightsIn(all, 'strong')];
        if (!a || !b || !c || !gentle || !strong) return undefined;
        const range = ({ low, high }: WeightLook) => `${live(low.toFixed(2))} and ${live(high.toFixed(2))}`;
        const moved = gentle.low > 0.5 && gentle.high < 1.5 ? ': the guide has hardly moved' : '';
        const won = [b, c].some((arm) => pairedSide(a, arm) === 'more');
        const verdict = won
          ? 'One of them beats DPO here; but it trained twice as long. Ask what DPO does with as many steps.'
          : 'Neither beats DPO beyond chance, though both trained twice.';
        return `Gently, weights lie between ${range(gentle)}${moved}; with alpha 10 between ${range(strong)}. Against DPO: ${pairedWords(a, b)}, and ${pairedWords(a, c)}. ${verdict}`;
      },
      notes: [
        {
          title: 'In the paper',
          text: 'the guide is a whole run on a large model, and it gains. Here it is 30 steps on a small one. [The study](#/studies/tgdpo), [the method](#/methods/tgdpo).',
        },
      ],
    },
    {
      title: 'What it costs',
      teaser: 'Who finds the step?',
      say: 'Step-DPO needs somebody who finds the first wrong step: here a program, elsewhere people or a strong model. What somebody has decides. Which would you take with each?',
      ask: {
        kind: 'match',
        items: [
          'pairs of whole answers, and nobody who reads them line by line',
          'single answers with a final verdict, right or wrong',
          'somebody, or a program, that finds the wrong step',
        ],
        options: [
          { value: 'step-dpo', text: 'Step-DPO' },
          { value: 'dpo', text: 'DPO or TGDPO' },
          { value: 'kto', text: 'KTO' },
        ],
        truth: () => 'dpo,kto,step-dpo',
      },
      reply: (all) => {
        const [a, b] = armsOf(all, 'race');
        const words = a && b && pairedWords(a, b);
        const price = words ? ` What the verifier bought in your race: ${words}.` : '';
        return `Step-DPO takes [steps marked right or wrong](#/methods?have=steps), DPO and TGDPO [pairs](#/methods?have=pairs), KTO [single answers](#/methods?have=thumbs). With [a verifier](#/methods?have=verifier) any of them can make its own.${price}`;
      },
      teach:
        'Have the class price it: minutes of a person per marked step, steps per problem, problems needed. Then ask what half the points would be worth.',
    },
  ],
};
