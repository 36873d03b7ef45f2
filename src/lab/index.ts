import { brainVariance } from './brain-variance';
import { daaBlur } from './daa-blur';
import { ipoAgainstDpo } from './ipo-against-dpo';
import type { Lab, LabCard, LabHooks, LabResult } from './lab';
import { lossCurves } from './loss-curves';
import { marginAdaptive } from './margin-adaptive';
import { momentum } from './momentum';
import { checkedParams } from './params';
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
  return lab.run(checkedParams(lab, given), hooks);
};
