import type { Rng } from '../util/rng';

/** A question with a checkable answer. Plain JSON. */
export interface Problem {
  id: string;
  /** Text given to the model, with its final newline. */
  prompt: string;
  /** A correct solution text, without EOS: every step line and the answer line, newline-terminated but for the last. */
  solution: string;
  answer: string;
  /** Difficulty it was drawn at. */
  difficulty: string;
  /** What the verifier needs. */
  data: Record<string, number | string | number[] | string[]>;
}

export interface StepVerdict {
  /** Character range [start, end) in the response, newline included. */
  start: number;
  end: number;
  text: string;
  correct: boolean;
  /** Why it is wrong, in words; empty when correct. */
  reason: string;
}

export interface Verdict {
  steps: StepVerdict[];
  /** Every step right, the final answer right and nothing missing. */
  correct: boolean;
  answer: string | undefined;
  /** Index in steps of the first wrong one; -1 when none is wrong (a missing step or answer counts as wrong at the end: steps.length). */
  firstWrongStep: number;
}

/** A built-in world with a verifier. */
export interface Task {
  id: string;
  name: string;
  /** In order of difficulty. */
  difficulties: readonly { id: string; label: string }[];
  /** Draws a problem; the same rng state gives the same problem. */
  draw(rng: Rng, difficulty: string): Problem;
  /** Held-out problems `start` to `start + count`: fixed, the same for everyone, and never drawn by `draw`. */
  heldOut(difficulty: string, start: number, count: number): Problem[];
  verify(problem: Problem, response: string): Verdict;
  /** The correct continuation of a correct prefix (a whole number of lines), to the end; undefined when the prefix is wrong. */
  continueFrom(problem: Problem, prefix: string): string | undefined;
  /** Splits a response text into steps, by the same rule as verify. */
  splitSteps(response: string): string[];
}
