import type { Step } from '../lesson';
import type { WeightLook } from '../looks';
import { armsOf, lastOf, live, pairedOf, pairedSide, pairedWords, share } from '../read';
import { guided, near, race, weightsIn } from './runs';

/** What it brings to blame the step, whether weights find it too, and what it costs. */
export const whatItBrings: readonly Step[] = [
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
        text: 'The guide is a whole run on a large model, and it gains. Here it is 30 steps on a small one. [The study](#/studies/tgdpo), [the method](#/methods/tgdpo).',
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
];
