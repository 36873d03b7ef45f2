import type { Answer } from '../../workers/protocol';
import { worldCard } from '../tasks/cards';
import type { Problem } from '../tasks/task';
import type { AppCore } from './app';

export type Which = 'policy' | 'reference';

/** Answers asked for before, by model, weights and problem, so that looking again costs nothing. */
export const createAnswers = (app: AppCore) => {
  const known = new Map<string, Answer>();
  const problems = new Map<string, Problem>();

  /** Names the weights: the reference never changes within a run, the policy with every step. */
  const weights = (which: Which): string => {
    const { status, document, runDocument } = app.store.get();
    if (!status) return `${document?.model}`;
    const { runId, stage, step } = status;
    if (which === 'policy') return `${runId} ${stage.id} ${step}`;
    // The reference of a run is the model as it answers without one, unless an adapter's run has packed or adapted it.
    const own = runDocument?.adapter && (runDocument.weights !== 'f32' || runDocument.adapter.from !== null);
    return own ? `${runId} ${runDocument.model}` : `${runDocument?.model}`;
  };

  /** The task and difficulty that problems are drawn from: the form's. */
  const source = () => {
    const data = app.store.get().document?.data;
    if (!data) throw new Error('No run settings yet: the catalogue of methods has not come.');
    return data;
  };

  return {
    weights,
    /** Held-out problems by their number. */
    async problems(start: number, count: number): Promise<Problem[]> {
      const { task, difficulty } = source();
      const key = (i: number) => `${task} ${difficulty} ${i}`;
      const wanted = Array.from({ length: count }, (_, i) => start + i);
      if (!wanted.every((i) => problems.has(key(i)))) {
        const drawn = await app.connection.api.problems(task, difficulty, start, count);
        for (const [i, problem] of drawn.entries()) problems.set(key(start + i), problem);
      }
      return wanted.flatMap((i) => problems.get(key(i)) ?? []);
    },
    /** Answers under the weights of now, greedy or sampled as their world has it. */
    async answers(list: readonly Problem[], which: Which): Promise<Answer[]> {
      const under = weights(which);
      const key = (p: Problem) => `${which} ${under} ${p.id}`;
      const missing = list.filter((p) => !known.has(key(p)));
      if (missing.length > 0) {
        const { maxTokens, task } = source();
        const { temperature } = worldCard(task).evaluation;
        const given = await app.connection.api.answer(missing, {
          which,
          temperature,
          seed: 0,
          maxTokens,
          task,
        });
        for (const [i, answer] of given.entries()) known.set(key(missing[i]!), answer);
      }
      return list.flatMap((p) => known.get(key(p)) ?? []);
    },
    forget() {
      known.clear();
    },
  };
};
