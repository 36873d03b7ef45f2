import type { Tensor1D, Tensor2D } from '../tf';
import type { PreferenceTree } from '../tree/tree';
import type { Denoiser } from './net/denoiser';
import type { Condition } from './world/condition';
import type { Scale } from './world/preference';

/** What a source of images may use. */
export interface ImagePipeline {
  /** Of the rewards over images of the base. */
  scale(): Promise<Scale>;
  /**
   * Runs f with the policy on the device, and beside it nothing but the model that prefers in the place of the reward, where the
   * method has trained one.
   */
  withPolicy<T>(f: (net: Denoiser, judge?: Judge) => Promise<T>): Promise<T>;
  /**
   * Images of the policy by list, with raw rewards as labels of the answers: four of each condition, and no comparison. Kept by
   * content, so that every source finds the same ones.
   */
  pool(lists: number, report: (done: number) => void): Promise<PreferenceTree[]>;
  /**
   * Choices that a person made between images, as they were kept.
   * @throws Error when none of this name are here
   */
  choices(name: string): Promise<PreferenceTree[]>;
  /** How far winners are pushed up the slope of the reward, in units of a step's noise: at the noise, and at the image. */
  guidance?: readonly [number, number];
  /** Lets messages in between two pieces of work. @throws StoppedError or PausedError */
  between(): Promise<void>;
}

/** What prefers one state to another: the reward of the image that each stands for, or a model of preferences. */
export type Judge = (states: Tensor2D, t: number, conditions: readonly Condition[]) => Tensor1D; // [B]
