import { grew, lengthsIn, shortest, tokensOf } from './length-is-not-quality/runs';
import { waysOut } from './length-is-not-quality/ways-out';
import { whatItLearns } from './length-is-not-quality/what-it-learns';
import type { Lesson } from './lesson';
import { runOf } from './read';

export const lengthIsNotQuality: Lesson = {
  id: 'length-is-not-quality',
  base: {
    'method.id': 'dpo',
    'data.task': 'talk',
    'data.source.id': 'length-biased',
    'data.source.params.samples': 8,
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
  steps: [...whatItLearns, ...waysOut],
};
