import type { Evaluation, Metrics } from '../../workers/protocol';
import { uploadBatch } from '../model/transformer';
import { tf } from '../tf';
import type { PreferenceTree } from '../tree/tree';
import { wilson } from '../util/wilson';
import type { MicroBatchReport } from './metrics';
import { stepMetrics } from './metrics';
import { scoreBatches } from './score';
import type { Forward, StepState } from './step';
import { forwardPass, networkOf, prepareBatch, readReports } from './step';

/** TRL's names for what is computed on data that is not trained on. */
const named = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`eval_${name}`, value]));

/**
 * The method's loss and rewards on held-out trees under the current weights, without gradients and without dropout.
 * Accuracy is the share of comparisons whose chosen side has the larger implicit reward, as TRL counts it.
 */
export const evaluatePairs = async (
  state: StepState,
  trees: readonly PreferenceTree[],
  between: (done: number) => Promise<void>,
): Promise<Omit<Evaluation, 'step' | 'stage'>> => {
  const network = networkOf(state);
  const reports: MicroBatchReport[] = [];
  let tokens = 0;
  let responses = 0;
  for (const group of scoreBatches(trees)) {
    const prepared = prepareBatch(group, state);
    const { batch } = prepared;
    let forward: Forward | undefined;
    tf.tidy(() => {
      forward = forwardPass(network, prepared, state, uploadBatch(batch, state.config));
    });
    reports.push(...(await readReports([{ batch, forward: forward! }])).reports);
    tokens += batch.responses.reduce((sum, r) => sum + r.entryEnd - r.entryStart, 0);
    responses += batch.responses.length;
    await between(reports.length);
  }
  const metrics = stepMetrics(reports);
  const comparisons = reports.reduce((sum, r) => sum + (r.chosenRewards?.length ?? 0), 0);
  const right = Math.round((metrics['rewards/accuracies'] ?? 0) * comparisons);
  return {
    kind: 'pairs',
    problems: comparisons,
    accuracy: comparisons === 0 ? 0 : right / comparisons,
    interval: wilson(right, comparisons),
    stepAccuracy: 0,
    meanTokens: responses === 0 ? 0 : tokens / responses,
    metrics: named(metrics),
  };
};
