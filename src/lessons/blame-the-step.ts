import { sharesIn, weightsIn } from './blame-the-step/runs';
import { whatIsMarked } from './blame-the-step/what-is-marked';
import { whatItBrings } from './blame-the-step/what-it-brings';
import type { Lesson } from './lesson';
import { armsOf, pairedOf } from './read';

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
  steps: [...whatIsMarked, ...whatItBrings],
};
