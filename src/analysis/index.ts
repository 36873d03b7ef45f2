import type { LabCard, LabResult } from '../lab/lab';
import { checkedParams } from '../lab/params';
import { type AnalysedRun, type Analysis, AnalysisError, type AnalysisHooks } from './analysis';
import { labelAgreement } from './label-agreement';
import { neuronDynamics } from './neuron-dynamics';
import { neuronSwitches } from './neuron-switches';
import { separability } from './separability';

const analyses: readonly Analysis[] = [neuronDynamics, neuronSwitches, separability, labelAgreement];

/** What there is, as data. */
export const analysisCards = (): LabCard[] => analyses.map(({ run: _run, draws: _draws, ...card }) => card);

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
  if (run.model.denoiser && !analysis.draws)
    throw new AnalysisError(
      `The open run is on a model that draws; “${analysis.name}” looks into models of text.`,
    );
  if (!run.model.denoiser && analysis.draws)
    throw new AnalysisError(
      `“${analysis.name}” looks into models that draw, and the open run is on one that writes text.`,
    );
  return analysis.run(run, checkedParams(analysis, given), hooks);
};
