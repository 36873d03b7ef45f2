import type { Step } from '../lesson';
import { youSaid } from '../pieces';
import { live, share } from '../read';
import { halves, lookAtDpo, lookAtStep, sharesIn, wrongAnswer } from './runs';

/** Where the push of DPO and of Step-DPO goes. */
export const whatIsMarked: readonly Step[] = [
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
      const guess = youSaid(given, '%');
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
      const guess = youSaid(given, '%');
      return shares.right < 0.01
        ? `{None}, over ${live(shares.pairs)} pairs: the stem is given, and not scored.${guess} It had to know where the mistake is; here the verifier says so.`
        : `${share(shares.right, 0)}, over ${live(shares.pairs)} pairs.${guess} Not nothing: some of what it compares is right by itself. Ask why it was taken for a mistake.`;
    },
  },
];
