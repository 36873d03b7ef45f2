/** What is measured of a run’s model on the way: evaluations, and looks at a few pairs. */

import type { Measure } from '../../src/util/measure';
import type { Metrics } from './run';

export interface Evaluation {
  /** 'answers' (when left out): held-out problems answered; 'pairs': held-out rows of a dataset scored; 'images': drawn and measured. */
  kind?: 'answers' | 'pairs' | 'images';
  step: number;
  stage: string;
  /** Problems, or comparisons (none where the method compares nothing). */
  problems: number;
  /**
   * Share of held-out problems answered wholly right, of images whose hue and shape are both as asked, or of comparisons whose
   * chosen side has the larger implicit reward; with its 95 % interval.
   */
  accuracy: number;
  interval: [number, number];
  /** Share of steps right among those written; 0 for pairs. */
  stepAccuracy: number;
  meanTokens: number;
  /** At which the answers were sampled; greedy when left out. */
  temperature?: number;
  /** What the world of the problems measures beside accuracy. */
  measures?: Measure[];
  /** Of problems, in their order: 1 for one that is solved, 0 for one that is not. */
  solved?: string;
  /** Of pairs, under TRL's names: `eval_loss`, `eval_rewards/margins`, ... */
  metrics?: Metrics;
  /** Of images a few of them, the same draws each time: condition of each, and 12 x 12 x 3 bytes each. */
  images?: { conditions: number[]; pixels: Uint8Array };
}

/**
 * Log-prob of an answer's scored tokens, in nats, in three stretches: before the two answers part, at the first token that
 * differs, and after it; and how many tokens each has.
 */
export interface ProbeSide {
  logProb: [before: number, parting: number, after: number];
  tokens: [before: number, parting: number, after: number];
}

/** A token that may come next, with its probability. */
export interface NextToken {
  id: number;
  text: string;
  p: number;
}

/** Where the two answers of a pair part: the end of what both have in common, and what may come there. */
export interface Parting {
  after: string;
  chosen: NextToken;
  rejected: NextToken;
  /** The likeliest ten, whether or not an answer has them, the likeliest first. */
  likeliest: NextToken[];
}

export interface ProbePair {
  /** Index of its tree, among those of the run or, where it is held out, among those. */
  tree: number;
  heldOut: boolean;
  chosen: ProbeSide;
  rejected: ProbeSide;
  /** Missing where one answer is how the other begins, in runs of earlier versions, and past the first few million logits. */
  parting?: Parting;
}

/** The same few pairs under the weights of a step. Those of step 0 are what the later ones are measured from. */
export interface Probe {
  stage: string;
  step: number;
  pairs: ProbePair[];
}
