import type { BackendChoice } from './index';
import { createTrainer } from './index';
import { numbersOf, planOf, readNumbers, type Task } from './studies/core/plan';
import type { StoredRun } from './studies/core/stored';
import type { Study } from './studies/core/study';

interface Hooks {
  /** Told of every run that is done. */
  done(run: StoredRun): void;
  /** What is being run, as "seed 3, DPO". */
  tell(what: string, done: number, total: number): void;
  signal: AbortSignal;
}

/** Runs a study's arms with these seeds on this device: its models in an engine of their own, its experiments at once. */
export const runStudyHere = async (
  study: Study,
  seeds: readonly number[],
  backend: BackendChoice,
  { done, tell, signal }: Hooks,
): Promise<void> => {
  const lab = 'lab' in study.on;
  const trainer = lab ? undefined : await createTrainer({ backend });
  const device = trainer ? `${trainer.backend.name} on ${trainer.backend.adapter}` : 'this browser';
  const experiments = new Map<string, Readonly<Record<string, number>>>(); // one may be both arms
  const experiment = async ({ lab, params, seed, key }: Extract<Task, { lab: string }>) => {
    const [{ runLab }, { labHooks }] = await Promise.all([import('./lab/index'), import('./lab/lab-calls')]);
    const hooks = labHooks(seed, signal, () => {});
    const numbers = experiments.get(key) ?? (await runLab(lab, params, hooks)).numbers;
    experiments.set(key, numbers);
    return numbers;
  };
  const numbersOfTask = async (task: Task): Promise<Record<string, number>> => {
    if ('lab' in task) return readNumbers(task.arm, await experiment(task));
    let own: string | undefined;
    try {
      const { before, after } = await trainer!.train(
        { ...task.document, backend },
        {
          signal,
          onEvent: (event) => {
            if (event.kind === 'status') own = event.status.runId;
          },
        },
      );
      signal.throwIfAborted();
      if (!before || !after) throw new Error('The run ended without being measured.');
      return numbersOf(before, after);
    } finally {
      if (own) await trainer!.deleteRun(own); // one that was stopped or failed, too
    }
  };
  try {
    const methods = trainer ? await trainer.methods() : [];
    const tasks = planOf(study, seeds, methods, () => '');
    for (const [i, task] of tasks.entries()) {
      signal.throwIfAborted();
      tell(`seed ${task.seed}, ${task.arm.label}`, i, tasks.length);
      const began = performance.now();
      const run = { arm: task.arm.id, seed: task.seed, key: task.key, device };
      const at = new Date().toISOString().slice(0, 19);
      const numbers = await numbersOfTask(task);
      done({ ...run, numbers, seconds: Math.round((performance.now() - began) / 100) / 10, at });
    }
    tell('', tasks.length, tasks.length);
  } finally {
    await trainer?.dispose();
  }
};
