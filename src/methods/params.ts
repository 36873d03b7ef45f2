/** Parameters of methods and sources, as data: form, terminal, URL and METHODS.md are drawn from them. */

/** Where a default comes from: the paper's text, its official code, or our reading where neither states it. */
export type Provenance = 'paper' | 'code' | 'ours';

interface Common {
  label: string;
  /** One sentence. */
  help: string;
  from: Provenance;
  /** What a document means that does not name it, where that is not the default: one from before there was the parameter. */
  absent?: ParamValue;
}

export interface NumberParam extends Common {
  kind: 'number';
  min: number;
  max: number;
  /** For sliders; 'log' when the range spans orders of magnitude. */
  scale?: 'linear' | 'log';
  integer?: boolean;
  default: number;
}

export interface FlagParam extends Common {
  kind: 'flag';
  default: boolean;
}

export interface ChoiceParam<T extends string = string> extends Common {
  kind: 'choice';
  /** Each value with what it means, in a few words. */
  options: Readonly<Record<T, string>>;
  default: T;
}

/** The name of something that is kept in the browser; empty as long as none is named. */
export interface NameParam extends Common {
  kind: 'name';
  default: '';
}

export type ParamSpec = NumberParam | FlagParam | ChoiceParam | NameParam;
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;
export type ParamValue = number | boolean | string;
/** Values by name, as a run document has them. */
export type Params = Readonly<Record<string, ParamValue>>;

/** The values of these parameters, each with its own type. */
export type Values<P extends ParamSpecs> = {
  readonly [K in keyof P]: P[K] extends FlagParam
    ? boolean
    : P[K] extends ChoiceParam<infer T>
      ? T
      : P[K] extends NumberParam
        ? number
        : P[K] extends NameParam
          ? string
          : ParamValue;
};

export const number = (spec: Omit<NumberParam, 'kind'>): NumberParam => ({ kind: 'number', ...spec });
export const flag = (spec: Omit<FlagParam, 'kind'>): FlagParam => ({ kind: 'flag', ...spec });
export const name = (spec: Omit<NameParam, 'kind' | 'default'>): NameParam => ({
  kind: 'name',
  default: '',
  ...spec,
});
export const choice = <O extends Readonly<Record<string, string>>>(
  spec: Omit<ChoiceParam<keyof O & string>, 'kind' | 'options'> & { options: O },
): ChoiceParam<keyof O & string> => ({ kind: 'choice', ...spec });

/** Every parameter at its default. */
export const defaultParams = ({ params }: { params: ParamSpecs }): Record<string, ParamValue> =>
  Object.fromEntries(Object.entries(params).map(([key, spec]) => [key, spec.default]));

/** What is wrong with a value, as the end of a sentence that begins with its name; undefined when nothing is. */
export const paramProblem = (spec: ParamSpec, value: ParamValue | undefined): string | undefined => {
  if (value === undefined) return `is missing; the default is ${spec.default}`;
  if (spec.kind === 'flag') {
    return typeof value === 'boolean' ? undefined : `is ${JSON.stringify(value)}; use true or false`;
  }
  if (spec.kind === 'choice') {
    if (typeof value === 'string' && Object.hasOwn(spec.options, value)) return undefined;
    return `is ${JSON.stringify(value)}; use one of ${Object.keys(spec.options).join(', ')}`;
  }
  if (spec.kind === 'name')
    return typeof value === 'string' ? undefined : `is ${JSON.stringify(value)}; use a name`;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < spec.min || value > spec.max) {
    return `is ${typeof value === 'number' ? value : JSON.stringify(value)}; use a number from ${spec.min} to ${spec.max}`;
  }
  return spec.integer && !Number.isInteger(value) ? `is ${value}; use a whole number` : undefined;
};
