import { defaultParams, type Params, paramProblem } from '../methods/params';
import { type LabCard, LabParamsError } from './lab';

/** Every parameter of an experiment, those given over the defaults. @throws LabParamsError naming every wrong one */
export const checkedParams = (lab: LabCard, given: Readonly<Record<string, unknown>>): Params => {
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
