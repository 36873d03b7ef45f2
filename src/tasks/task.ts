import type { Measure } from '../util/measure';
import type { Rng } from '../util/rng';
import type { WorldCard } from './cards';
import type { Environment } from './environment';
import type { LongText } from './long-text';

/** A question with a checkable answer. Plain JSON. */
export interface Problem {
  id: string;
  /** Text given to the model, with its final newline. */
  prompt: string;
  /** A correct solution text, without EOS: every step line and the answer line, newline-terminated but for the last. */
  solution: string;
  answer: string;
  /** What is wanted, in a few words, where no one answer is the right one. */
  wanted?: string;
  /** Difficulty it was drawn at. */
  difficulty: string;
  /** Which part of the held-out problems it belongs to, where a world tells parts apart: one of its groups. */
  group?: string;
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
  /** Said by an environment, and not by the model. */
  given?: true;
}

export interface Verdict {
  steps: StepVerdict[];
  /** Every step right, the final answer right and nothing missing. */
  correct: boolean;
  answer: string | undefined;
  /** Index in steps of the first wrong one; -1 when none is wrong (a missing step or answer counts as wrong at the end: steps.length). */
  firstWrongStep: number;
}

/** An answer to a problem, as the verifier saw it. */
export interface VerifiedAnswer {
  problem: Problem;
  text: string;
  verdict: Verdict;
}

/** One of the answers that a world's measures are taken over. */
export interface MeasuredAnswer extends VerifiedAnswer {
  /** Its length, EOS included. */
  tokens: number;
  /** It ended by itself. */
  finished: boolean;
}

/** What a world's judge says of an answer beside right and wrong. */
export interface Judgement {
  /** How good it is, higher being better; of any scale. */
  score: number;
  /** Names of the world's card, each with 0, 1 or a number between. */
  labels: Readonly<Record<string, number>>;
}

/** What is right about one step, each from 0 to 1. */
export interface Aspects {
  /** It can be read. */
  format: number;
  /** What it says is true. */
  holds: number;
  /** It begins from what was found before it. */
  grounded: number;
  /** It does what is asked at its place. */
  progress: number;
}

/** A built-in world with a verifier. */
export interface Task extends WorldCard {
  /** Draws a problem; the same rng state gives the same problem. */
  draw(rng: Rng, difficulty: string): Problem;
  /** Held-out problems `start` to `start + count`: fixed, the same for everyone, and never drawn by `draw`. */
  heldOut(difficulty: string, start: number, count: number): Problem[];
  verify(problem: Problem, response: string): Verdict;
  /** The correct continuation of a correct prefix (a whole number of lines), to the end; undefined when the prefix is wrong. */
  continueFrom(problem: Problem, prefix: string): string | undefined;
  /** Splits a response text into steps, by the same rule as verify. */
  splitSteps(response: string): string[];
  /** The other side, where the model acts in turns: an answer is then a conversation, the environment's lines included. */
  environment?: Environment;
  /** How its answers are made of sections, where they are long texts. */
  longText?: LongText;
  /** Which way a right answer goes, where there are several; undefined for a wrong one. Without it a text is its own way. */
  derivation?(problem: Problem, response: string): string | undefined;
  /** The judge, where the world has one; else a verdict is all there is, and its right lines are the score. */
  judge?(answer: VerifiedAnswer): Judgement;
  /** Others than the model who answer problems: a strong one who is right in a style of his own, and a careless one who is wrong. */
  writers?: { strong(problem: Problem): string; careless(problem: Problem, rng: Rng): string };
  /**
   * What the world is about, measured on answers to held-out problems: with `evaluation.samples` above 1 as many to each
   * problem, side by side. Accuracy and length are always measured, and need not be repeated.
   */
  measures?(answers: readonly MeasuredAnswer[]): Measure[];
  /** What is right about each step by itself; left out where a world has one word for all of it. @param steps of `splitSteps` */
  aspects?(problem: Problem, steps: readonly string[]): Aspects[];
  /**
   * A right answer that is as little changed from a wrong one as can be, and what follows from a mistake put right; left out where
   * the right steps before the first wrong one, and the correct continuation of them, are that. @param steps of `splitSteps`
   */
  repair?(problem: Problem, steps: readonly string[]): string;
}
