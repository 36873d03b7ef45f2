/** What a run would take. */

/** What a run will take, before it is begun. Bytes of GPU buffers (or of memory on other backends), largest first. */
export interface Estimate {
  parts: { what: string; bytes: number }[];
  totalBytes: number;
  /** What may be used at most, and the largest single buffer, where known. */
  limitBytes: number | undefined;
  largestBufferBytes: number;
  /** Per optimiser step, from a short measurement of this device; undefined when it was not measured. */
  secondsPerStep: number | undefined;
  /** Passes of the method, and the optimiser steps of all of them. */
  passes: number;
  allSteps: number;
  /**
   * What is done beside the steps, in order: pairs are made, trees are scored under the reference (only those that the steps
   * take), and so many times it is measured on what is held out. Rough. A model that draws is asked so many times for a step of
   * denoising ('drawing') in the place of making.
   */
  ahead: {
    what: 'making' | 'drawing' | 'scoring' | 'measuring';
    count: number;
    seconds: number | undefined;
  }[];
  /** All of it with the steps of every pass; undefined when something was not measured. */
  secondsInAll: number | undefined;
  /** Tokens of a step that the estimate is for, and of its longest path. */
  tokensPerStep: number;
  longest: number;
  /** Of a model that draws, in the place of tokens: noisy images of a step, and floating-point operations of the whole run. */
  images?: { perStep: number; flops: number };
  fits: boolean;
  /** Empty, or why it does not fit, in a sentence. */
  problem: string;
  /**
   * Changes to the document that together make it fit, in this order; `totalBytes` is after each and those before it. Empty
   * where none would.
   */
  remedies: { field: string; value: unknown; why: string; totalBytes: number }[];
}
