import { arithmetic } from '../../src/tasks/arithmetic';
import type { Task } from '../../src/tasks/task';

/** A world for a model that has learned nothing: a line is right when its length is even. */
export const evenLines: Task = {
  ...arithmetic,
  verify: (_problem, response) => {
    let at = 0;
    const steps = arithmetic.splitSteps(response).map((text) => {
      const start = at;
      at += text.length;
      const correct = text.length % 2 === 0;
      return { start, end: at, text, correct, reason: correct ? '' : 'odd' };
    });
    const firstWrongStep = steps.findIndex(({ correct }) => !correct);
    return { steps, correct: firstWrongStep < 0, answer: response, firstWrongStep };
  },
};
