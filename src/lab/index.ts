import { defaultParams, type Params, paramProblem } from '../methods/params';
import { brainVariance } from './brain-variance';
import { daaBlur } from './daa-blur';
import { ipoAgainstDpo } from './ipo-against-dpo';
import { type Lab, type LabCard, type LabHooks, LabParamsError, type LabResult } from './lab';
import { lossCurves } from './loss-curves';
import { marginAdaptive } from './margin-adaptive';
import { momentum } from './momentum';
import { table } from './table';

const labs: readonly Lab[] = [
  table,
  ipoAgainstDpo,
  momentum,
  marginAdaptive,
  daaBlur,
  brainVariance,
  lossCurves,
];

/** What there is, as data. */
export const labCards = (): LabCard[] => labs.map(({ run: _run, ...card }) => card);

const paramsOf = (lab: Lab, given: Readonly<Record<string, unknown>>): Params => {
  const params = { ...defaultParams(lab), ...given } as Params;
  const problems = Object.entries(params).flatMap(([key, value]) => {
    const spec = Object.hasOwn(lab.params, key) ? lab.params[key] : undefined;
    if (!spec)
      return [
        `${key}: is not a parameter of ${lab.name}; its parameters: ${Object.keys(lab.params).join(', ')}`,
      ];
    const problem = paramProblem(spec, value);
    return problem ? [`${key}: ${problem}`] : [];
  });
  if (problems.length > 0) throw new LabParamsError(problems.join('\n'));
  return params;
};

/**
 * Runs an experiment. One that computes with objectives of the catalogue needs a backend that has been started.
 * @throws LabParamsError naming every wrong parameter, or Error naming the experiments that there are
 */
export const runLab = async (
  id: string,
  given: Readonly<Record<string, unknown>>,
  hooks: LabHooks,
): Promise<LabResult> => {
  const lab = labs.find((each) => each.id === id);
  if (!lab)
    throw new Error(`There is no experiment "${id}"; use one of ${labs.map((each) => each.id).join(', ')}.`);
  if (!Number.isSafeInteger(hooks.seed)) throw new Error(`seed: is ${hooks.seed}; use a whole number`);
  return lab.run(paramsOf(lab, given), hooks);
};
