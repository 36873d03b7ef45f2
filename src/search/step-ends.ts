import type { Task } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { range } from '../util/range';

type Steps = Pick<Task, 'splitSteps'>;
type Spelling = Pick<Tokenizer, 'vocabSize' | 'textSize' | 'decode'>;

const known = new WeakMap<Spelling, Map<Steps, readonly number[]>>();

/**
 * The tokens after which a step of the task has ended (in a task of lines: those whose text ends in a newline), for a sample that is
 * to stop there or to change its temperature. An end of the whole answer is not among them.
 */
export const stepEndTokens = (task: Steps, tokenizer: Spelling): readonly number[] => {
  const byTask = known.get(tokenizer) ?? new Map<Steps, readonly number[]>();
  known.set(tokenizer, byTask);
  const found =
    byTask.get(task) ??
    range(tokenizer.textSize ?? tokenizer.vocabSize).filter((id) => {
      const text = tokenizer.decode([id]);
      if (text === '') return false;
      const steps = task.splitSteps(`0${text}0`);
      return steps.length > 1 && steps.at(-1) === '0';
    });
  byTask.set(task, found);
  return found;
};
