import type { LabCard, LabResult } from '../lab/lab';
import { checkedParams } from '../lab/params';
import { type AnalysedRun, type Analysis, AnalysisError, type AnalysisHooks } from './analysis';
import { neuronDynamics } from './neuron-dynamics';
import { neuronSwitches } from './neuron-switches';
import { separability } from './separability';

const analyses: readonly Analysis[] = [neuronDynamics, neuronSwitches, separability];

/** What there is, as data. */
export const analysisCards = (): LabCard[] => analyses.map(({ run: _run, ...card }) => card);

/**
 * Looks into the model of a run.
 * @throws LabParamsError naming every wrong parameter, AnalysisError where the run does not have what it takes, or Error naming the
 * analyses that there are
 */
export const runAnalysis = async (
  id: string,
  run: AnalysedRun,
  given: Readonly<Record<string, unknown>>,
  hooks: AnalysisHooks,
): Promise<LabResult> => {
  const analysis = analyses.find((each) => each.id === id);
  if (!analysis)
    throw new Error(
      `There is no analysis "${id}"; use one of ${analyses.map((each) => each.id).join(', ')}.`,
    );
  if (run.model.denoiser)
    throw new AnalysisError('The open run is on a model that draws; the analyses look into models of text.');
  return analysis.run(run, checkedParams(analysis, given), hooks);
};
