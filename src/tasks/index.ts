import { arithmetic } from './arithmetic';
import type { Task } from './task';

/** The built-in worlds, in the order in which they are shown. */
export const tasks: readonly Task[] = [arithmetic];

/** @throws when there is no task of that id. */
export const getTask = (id: string): Task => {
  const task = tasks.find((t) => t.id === id);
  if (!task) {
    throw new Error(`There is no task "${id}"; use one of ${tasks.map((t) => `"${t.id}"`).join(', ')}.`);
  }
  return task;
};
