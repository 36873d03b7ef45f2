import type { SinceStart } from '../live/since-start';
import type { EvaluationPoint, Point } from '../state';

/** What the rules look at. */
export interface Live {
  points: readonly Point[];
  evaluations: readonly EvaluationPoint[];
  /** Of the probe, the last pass's rows last. */
  since: readonly SinceStart[];
  learningRate: number;
  /** How hard the loss pushes the pairs of the newest probe, as a share of what it did at the start, once that is known. */
  push?: { x: number; share: number } | undefined;
}

/** What the margin says beside a curve, and where on it. */
export interface Remark {
  id: string;
  step: number;
  text: string;
  /** Id of the lesson that is about it. */
  lesson?: string;
  /** The step that it says was the best. */
  back?: number;
}

/** A rule on live numbers: undefined where there is nothing to say. Thresholds stand in the rule with the reason for them. */
export type Rule = (live: Live) => Remark | undefined;
