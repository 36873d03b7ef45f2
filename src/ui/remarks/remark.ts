import type { SinceStart } from '../live/since-start';
import type { EvaluationPoint, Point } from '../state';

/** What the rules look at. */
export interface Live {
  points: readonly Point[];
  evaluations: readonly EvaluationPoint[];
  /** Of the probe, the last pass's rows last. */
  since: readonly SinceStart[];
  learningRate: number;
}

/** What the margin says beside a curve, and where on it. */
export interface Remark {
  id: string;
  step: number;
  text: string;
}

/** A rule on live numbers: undefined where there is nothing to say. Thresholds stand in the rule with the reason for them. */
export type Rule = (live: Live) => Remark | undefined;
