import type { PreferenceTree } from '../../src/tree/tree';
import type { RunSummary } from '../../workers/protocol';
import { exportedWeights, storedRun } from './page';
import type { Tab } from './tab';

/** What a run leaves. */
export interface Outcome {
  summary: RunSummary;
  trees: PreferenceTree[];
  /** The trained model, as a safetensors file. */
  weights: Buffer;
}

export const outcomeOf = async (tab: Tab): Promise<Outcome> => ({
  summary: await storedRun(tab),
  trees: (await tab.evaluate(() => window.marginalia.api.trees(0, 1000))).trees,
  weights: await exportedWeights(tab),
});

const relative = (a: number, b: number) =>
  a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));

/** By how much two runs of the same document differ. */
export interface Difference {
  /** Largest relative difference of a metric at the first step and at the last one. */
  first: number;
  last: number;
  /** Largest difference of a held-out accuracy, in problems. */
  problems: number;
  /** Every metric, every evaluation and every weight is the same, to the last bit. */
  equal: boolean;
}

export const compare = (a: Outcome, b: Outcome): Difference => {
  const ofStep = (at: number) => {
    const [x, y] = [a.summary.metrics.at(at)!.metrics, b.summary.metrics.at(at)!.metrics];
    return Math.max(...Object.keys(x).map((name) => relative(x[name]!, y[name]!)));
  };
  const problems = a.summary.evaluations.map((evaluation, i) =>
    Math.round(Math.abs(evaluation.accuracy - b.summary.evaluations[i]!.accuracy) * evaluation.problems),
  );
  const numbers = ({ summary }: Outcome) => JSON.stringify([summary.metrics, summary.evaluations]);
  return {
    first: ofStep(0),
    last: ofStep(-1),
    problems: Math.max(...problems),
    equal: numbers(a) === numbers(b) && a.weights.equals(b.weights),
  };
};
