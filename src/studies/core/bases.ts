import type { Arm, FurtherBase, Study } from './study';

/** The language model that a study runs on; undefined of one on an experiment. */
export const baseOf = ({ on }: Pick<Study, 'on'>): string | undefined =>
  'model' in on ? on.model : undefined;

const onFurther = (study: Study, { model, set }: FurtherBase): Study => {
  const [first, second] = study.arms;
  const own = (arm: Arm): Arm => ({ ...arm, set: { ...arm.set, ...set[arm.id] } });
  return { ...study, on: { model, set: study.on.set }, arms: [own(first), own(second)] };
};

/**
 * A study on each of its base models, itself first. The others are the same study, each with the settings chosen on its model: of
 * each, what was found is an edition of its own.
 */
export const onBases = (study: Study): [Study, ...Study[]] =>
  'model' in study.on ? [study, ...(study.bases ?? []).map((base) => onFurther(study, base))] : [study];

/** The study on the base model of that name; undefined where it is not one of its. */
export const onBase = (study: Study, model: string): Study | undefined =>
  onBases(study).find((each) => baseOf(each) === model);

/** Whether this is a study on one of its further base models. */
export const isOnFurther = (study: Study): boolean =>
  study.bases?.some(({ model }) => model === baseOf(study)) ?? false;

/** The study's name, with its base model where that is a further one. */
export const nameOnBase = (study: Study): string =>
  isOnFurther(study) ? `${study.id} on ${baseOf(study)}` : study.id;
