import type { Evaluation } from '../../../workers/protocol';
import type { MethodInfo } from '../../train/method-info';
import type { RunDocument } from '../../train/run-document';
import { documentKey, documentOf, keyOf } from './documents';
import type { Today } from './stored';
import type { Arm, Fields, Study } from './study';
import type { Weights } from './weights';

/** A run that a study asks for. */
export type Task = { arm: Arm; seed: number; key: string } & (
  | { document: RunDocument }
  | { lab: string; params: Fields }
);

/**
 * What an arm runs with a seed.
 * @param modelKey names a model's files, so that another model of the same name is another run
 * @param more changes after the arm's own, such as a setting that is tried
 * @throws RunDocumentError where the catalogue does not know such a document
 */
export const taskOf = (
  study: Study,
  arm: Arm,
  seed: number,
  methods: readonly MethodInfo[],
  modelKey: (id: string) => string,
  more: Fields = {},
): Task => {
  const { on } = study;
  if ('lab' in on) {
    const params = { ...on.set, ...arm.set, ...more };
    return { arm, seed, lab: on.lab, params, key: keyOf(on.lab, params, seed) };
  }
  const document = documentOf(study, arm, seed, methods, more);
  return { arm, seed, document, key: keyOf(documentKey(document), modelKey(on.model), seed) };
};

/** What a task runs with, without its seed: the same for all seeds of an arm. */
export const settingsOf = (task: Task): unknown => {
  if ('lab' in task) return { lab: task.lab, params: task.params };
  const { seed: _s, backend: _b, ...document } = task.document;
  return document;
};

/**
 * What a study is run with today.
 * @param weightsOf a model's weights, where they are known
 */
export const todayOf = (
  study: Study,
  methods: readonly MethodInfo[],
  weightsOf?: (id: string) => Weights | undefined,
): Today => {
  const tasks = study.arms.map((arm) => taskOf(study, arm, study.seeds[0]!, methods, () => ''));
  return {
    settings: Object.fromEntries(tasks.map((task) => [task.arm.id, settingsOf(task)])),
    model: 'model' in study.on ? weightsOf?.(study.on.model) : undefined,
  };
};

/** Every arm with every seed, seed by seed. */
export const planOf = (
  study: Study,
  seeds: readonly number[],
  methods: readonly MethodInfo[],
  modelKey: (id: string) => string,
): Task[] => seeds.flatMap((seed) => study.arms.map((arm) => taskOf(study, arm, seed, methods, modelKey)));

/** Settings tried on the seeds for choosing, each with its place in the list of its arm. */
export const trialsOf = (
  study: Study,
  methods: readonly MethodInfo[],
  modelKey: (id: string) => string,
): (Task & { setting: number })[] => {
  const { chosen } = study;
  if (!chosen) return [];
  return chosen.seeds.flatMap((seed) =>
    study.arms.flatMap((arm) =>
      (chosen.tried[arm.id] ?? []).map((setting, i) => ({
        ...taskOf(study, arm, seed, methods, modelKey, { ...setting, ...chosen.set }),
        setting: i,
      })),
    ),
  );
};

const valuesOf = ({ accuracy, stepAccuracy, meanTokens, measures = [] }: Evaluation) => ({
  accuracy,
  stepAccuracy,
  meanTokens,
  ...Object.fromEntries(measures.map(({ id, value }) => [id, value])),
});

/** The numbers of a trained run by name: those after training, and accuracy and length before it. */
export const numbersOf = (before: Evaluation, after: Evaluation): Record<string, number> => ({
  ...valuesOf(after),
  'before/accuracy': before.accuracy,
  'before/meanTokens': before.meanTokens,
});

/** An experiment's numbers by the measures that an arm reads them as. @throws Error naming one that there is not */
export const readNumbers = (arm: Arm, numbers: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(arm.reads ?? {}).map(([id, name]) => {
      const value = numbers[name];
      if (value === undefined)
        throw new Error(
          `Arm ${arm.id} reads "${name}", which the experiment does not give; it gives ${Object.keys(numbers).join(', ')}.`,
        );
      return [id, value];
    }),
  );

interface TrialValue {
  arm: string;
  seed: number;
  setting: number;
  numbers: Readonly<Record<string, number>>;
}

const trialValue = (
  { chosen }: Study,
  trials: readonly TrialValue[],
  arm: string,
  setting: number,
  seed: number,
) => trials.find((t) => t.arm === arm && t.seed === seed && t.setting === setting)?.numbers[chosen!.by];

/** Whether a setting did so badly on the first seed that it is not run on the others. */
export const isFarBehind = (
  study: Study,
  arm: string,
  setting: number,
  trials: readonly TrialValue[],
): boolean => {
  const { farBehind, seeds, tried } = study.chosen!;
  const values = (tried[arm] ?? []).map((_, i) => trialValue(study, trials, arm, i, seeds[0]!));
  if (farBehind === undefined || values.some((value) => value === undefined)) return false;
  return values[setting]! < Math.max(...(values as number[])) - farBehind;
};

/** The mean of the measure by which settings are chosen, for each setting of an arm; undefined where a trial is missing. */
export const trialMeans = (
  study: Study,
  arm: string,
  trials: readonly TrialValue[],
): (number | undefined)[] => {
  if (!study.chosen) return [];
  const { seeds, tried } = study.chosen;
  return (tried[arm] ?? []).map((_, setting) => {
    const values = seeds.map((seed) => trialValue(study, trials, arm, setting, seed));
    return values.every((v) => v !== undefined)
      ? values.reduce((a, b) => a + b, 0) / seeds.length
      : undefined;
  });
};
