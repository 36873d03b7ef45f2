/** What a model writes. */

import type { Problem, Verdict } from '../../src/tasks/task';

export interface Answer {
  problem: Problem;
  text: string;
  tokens: string[];
  logProbs: number[];
  verdict: Verdict;
}

/** A conversation, or a text to go on with. */
export type ChatPrompt = string | { role: string; content: string }[];

export interface ChatReply {
  text: string;
  tokens: number[];
  /** Text of each token. */
  pieces: string[];
  logProbs: number[];
  promptTokens: number;
  /** Ended by itself. */
  finished: boolean;
  seconds: number;
}
