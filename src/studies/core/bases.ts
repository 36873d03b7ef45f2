import type { Study } from './study';

/** The language model that a study runs on; undefined of one on an experiment. */
export const baseOf = ({ on }: Pick<Study, 'on'>): string | undefined =>
  'model' in on ? on.model : undefined;

/**
 * A study on each of its base models, itself first. The others are the same study with the same settings: of each, what was found is
 * an edition of its own.
 */
export const onBases = (study: Study): [Study, ...Study[]] => {
  const { on, bases = [] } = study;
  if (!('model' in on)) return [study];
  return [study, ...bases.map((model): Study => ({ ...study, on: { ...on, model } }))];
};

/** The study on the base model of that name; undefined where it is not one of its. */
export const onBase = (study: Study, model: string): Study | undefined =>
  onBases(study).find((each) => baseOf(each) === model);

/** Whether this is a study on one of its further base models. */
export const isOnFurther = (study: Study): boolean => study.bases?.includes(baseOf(study) ?? '') ?? false;

/** The study's name, with its base model where that is a further one. */
export const nameOnBase = (study: Study): string =>
  isOnFurther(study) ? `${study.id} on ${baseOf(study)}` : study.id;
