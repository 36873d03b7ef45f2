import type { Lesson } from './lesson';
import { metricOf, movedOf, runOf, solvedOf } from './read';
import { remedies } from './why-chosen-fall/remedies';
import { deep, stretchesIn } from './why-chosen-fall/runs';
import { twoRates } from './why-chosen-fall/two-rates';
import { whereItWent } from './why-chosen-fall/where-it-went';

export const whyChosenFall: Lesson = {
  id: 'why-chosen-fall',
  base: { 'method.id': 'dpo', 'data.trees': 64, steps: 80, 'evaluation.every': 20 },
  terms: ['log-prob', 'nat', 'pair', 'margin', 'held-out-accuracy', 'displacement'],
  claims: [
    {
      id: 'fast-falls',
      text: 'Six times as fast, the preferred answers fall by more than 2 nats.',
      holds: (all) => {
        const moved = runOf(all, 'fast') && movedOf(runOf(all, 'fast')!);
        return moved && -moved.chosen.median > deep;
      },
    },
    {
      id: 'loss-does-not-say',
      text: 'The run with the smaller loss solves fewer problems.',
      holds: (all) => {
        const [a, b] = [runOf(all, 'careful'), runOf(all, 'fast')];
        if (!a || !b) return undefined;
        const [lossA, lossB, solvedA, solvedB] = [
          metricOf(a, 'loss'),
          metricOf(b, 'loss'),
          solvedOf(a),
          solvedOf(b),
        ];
        if (lossA === undefined || lossB === undefined || !solvedA || !solvedB) return undefined;
        return lossB < lossA && solvedB.now < solvedA.now;
      },
    },
    {
      id: 'careful-learns',
      text: 'The careful run solves more problems than before.',
      holds: (all) => {
        const solved = runOf(all, 'careful') && solvedOf(runOf(all, 'careful')!);
        return solved && solved.now > solved.before;
      },
    },
    {
      id: 'shared-tokens',
      text: 'More of the fall is away from the parting than at it.',
      holds: (all) => {
        const fall = runOf(all, 'fast') && stretchesIn(runOf(all, 'fast')!);
        return fall && fall.all < 0 && fall.parts[0] + fall.parts[2] < fall.parts[1];
      },
    },
  ],
  steps: [...twoRates, ...whereItWent, ...remedies],
};
