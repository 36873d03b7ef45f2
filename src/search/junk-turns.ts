import { actionsOf } from '../tasks/environment';
import type { Problem, Task } from '../tasks/task';
import type { Rng } from '../util/rng';

/**
 * A conversation that goes on for so many turns that lead nowhere; an action that nobody could read stays its last.
 * @param text the conversation, the environment's words included
 * @returns it, and the problem that has room for it
 * @throws when the world has no environment
 */
export const withJunkTurns = (
  { environment, name }: Pick<Task, 'environment' | 'name'>,
  problem: Problem,
  text: string,
  count: number,
  rng: Rng,
): { problem: Problem; text: string } => {
  if (!environment) {
    throw new Error(
      `Junk turns need a world with an environment that answers them, and “${name}” has none; set junk to 0, or choose such a world.`,
    );
  }
  const longer = environment.extended(problem, count);
  const own = actionsOf(text);
  // The conversation has ended, so that an empty last action is none.
  if (own.at(-1) === '') own.pop();
  const ended = environment.reply(problem, own).end;
  const last = ended === 'unreadable' ? own.pop() : undefined;
  const actions = [...own];
  for (const action of environment.junk(longer, own, count, rng)) {
    actions.push(action);
    if (environment.reply(longer, actions).end) break;
  }
  const played = actions.map(
    (action, i) => action + environment.reply(longer, actions.slice(0, i + 1)).observation,
  );
  return { problem: longer, text: played.join('') + (last ?? '') };
};
