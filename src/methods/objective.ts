import type { Scalar, Tensor1D, Tensor2D } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';
import type { Blend, PassId } from './pass';

/**
 * A model that does not change, known to an objective by its numbers alone: it is evaluated over the trees before the
 * pass, its numbers are kept by content, and no second model lies on the device while training.
 */
export interface Frozen {
  model: Blend;
  /**
   * 'logProb': log-prob of each entry. 'stop': log p(EOS) at the state before each entry. 'head': the values of the head
   * that the pass which made the model trained.
   */
  read: 'logProb' | 'stop' | 'head';
  /** Of a head at steps: the label of a step that says the same where there is no such model, as in a loss case. */
  label?: string;
}

/** A trained linear head on the final hidden state: one number at each state, at each step's end, or at each answer's end. */
export interface Head {
  name: string;
  at: 'state' | 'step' | 'answer';
  /** Bounds the value to -1..1, after the head. */
  tanh?: boolean;
  /** Sits on a second copy of what is trained of the model, which learns from the head alone; on the policy itself when left out. */
  trunk?: 'own';
}

/** What an objective asks of the engine beside the policy's own log-probs, and of its trees. What it does not name costs nothing. */
export interface Reads {
  reference?: true;
  /** log p(EOS | state before the token), of the policy. */
  stop?: true;
  /** Exact divergence of the two next-token distributions at each scored state, over the whole vocabulary. */
  kl?: 'policy||reference' | 'reference||policy';
  /** log of the sum of squared next-token probabilities at each scored state. */
  squares?: true;
  /** Each prompt also gets the answer of another one, labelled `mismatched`: KTO's baseline. */
  mismatched?: true;
  /** Mean of the final hidden states over each step's tokens. */
  hidden?: true;
  head?: Head;
  frozen?: Readonly<Record<string, Frozen>>;
  /** Every compared answer has a score. */
  scores?: true;
  /** Labels that every step has, and every answer. */
  stepLabels?: readonly string[];
  answerLabels?: readonly string[];
  /** Every comparison has a margin. */
  margins?: true;
  /** No answer is chosen in one comparison and rejected in another. */
  oneRole?: true;
  /** Trees of images: what an entry is. */
  latents?: LatentReads;
}

/** What is scored of a tree of denoising states. Both are means over the numbers of an image. */
export type LatentReads =
  /**
   * Minus the denoising error of each image, at a time and a noise drawn anew at every visit: one noise for all images of a tree,
   * one for each, or the one that the policy's own inversion of the image ends in.
   */
  | {
      entry: 'error';
      noise: 'shared' | 'own' | { inversion: number; renoise: boolean };
      /** Drawn alike from all times, or mostly from those in between, where there is most to learn; alike when left out. */
      times?: 'alike' | 'between';
      /** Begins with random weights in the shape of the model; with the model's when left out. */
      begins?: 'random';
    }
  /**
   * Log-prob of each transition of the sampler; `guidance` asks for winners that were pushed up the slope of the reward, by so many
   * units of a step's noise at the noise and at the image.
   */
  | {
      entry: 'transition';
      guidance?: readonly [number, number];
      /** The pass whose network says which next state is better; the reward of the image that it stands for when left out. */
      judge?: PassId;
    }
  /**
   * The score that a preference model gives the image which a noised one stands for, at a time and a noise drawn for the tree: a
   * network of its own, that is trained in the place of the policy.
   */
  | { entry: 'preference' };

/**
 * n items of one grain: steps, answers, or one side of the comparisons. Fields are computed when they are first read, so
 * that a loss pays for what it uses.
 */
export interface Sums {
  readonly count: number;
  /** Sum of c_t l_t over the item's scored tokens. */
  readonly sum: Tensor1D; // [n]
  /** The same of the reference; zeros where none is read. */
  readonly refSum: Tensor1D; // [n]
  /** sum - refSum, the S of the papers. */
  readonly logRatio: Tensor1D; // [n]
  /** Scored tokens. Constant. */
  readonly length: Tensor1D; // [n]
  /** sum / length, the mean log-prob a; 0 where nothing is scored. */
  readonly mean: Tensor1D; // [n]
  /** logRatio / length, likewise. */
  readonly meanRatio: Tensor1D; // [n]
  /** Scores of the answers (of a step's answer). Constant. @throws naming the answer that has none */
  readonly score: Tensor1D; // [n]
  /** beta * logRatio: the factor goes into a constant matrix and costs no operation of its own. */
  reward(beta: number): Tensor1D; // [n]
  /** A label by name. Constant. @throws naming the item that has none */
  label(name: string): Tensor1D; // [n]
  /** The same on the host, NaN where there is none. */
  labels(name: string): Float64Array; // [n]
}

/** The comparisons of the batch, C of them. Reading a field throws when there is none. */
export interface Pairs {
  readonly count: number;
  readonly chosen: Sums; // [C]
  readonly rejected: Sums; // [C]
  /** beta * (chosen.logRatio - rejected.logRatio), in one product. */
  margin(beta: number): Tensor1D; // [C]
  /** Indices of the answers, and by how much the chosen one wins where the data say so. */
  readonly items: readonly { chosen: number; rejected: number; margin?: number }[];
  /** [P] to the values of the chosen side less those of the rejected side. */
  difference(perAnswer: Tensor1D): Tensor1D; // [C]
}

/** The answers to one prompt, by prompt: for losses over lists. */
export interface Lists {
  readonly count: number;
  /** Indices of the answers of each prompt. */
  readonly items: readonly (readonly number[])[];
  /** Comparisons of each prompt, as indices of answers. */
  readonly comparisons: readonly (readonly { chosen: number; rejected: number; margin?: number }[])[];
}

/** The scored tokens one by one. Entries are in the order of the answers; those from `used` on are padding. */
export interface Tokens {
  /** M, with padding. */
  readonly count: number;
  readonly used: number;
  readonly logProb: Tensor1D; // [M]
  readonly refLogProb: Tensor1D; // [M], constant; zeros where none is read
  /** c_t. Constant. */
  readonly weight: Float32Array; // [M]
  /** Index of the entry's answer, -1 on padding; and of its step. */
  readonly answerOf: Int32Array; // [M]
  readonly stepOf: Int32Array; // [M]
  /** The id of each token that is predicted. */
  readonly ids: Int32Array; // [M]
  /** Sums of values over the tokens of each step and of each answer. */
  sumPerStep(values: Tensor1D): Tensor1D; // [S]
  sumPerAnswer(values: Tensor1D): Tensor1D; // [P]
}

/** Numbers of a frozen model. Constant. */
export interface Constant {
  readonly host: Float32Array;
  readonly tensor: Tensor1D;
}

/** What a loss reads. All tensors belong to the tidy scope that is open; do not spread the object. */
export interface LossInput {
  readonly batch: PackedBatch;
  readonly tokens: Tokens;
  readonly steps: Sums; // [S]
  readonly answers: Sums; // [P]
  readonly pairs: Pairs;
  readonly lists: Lists;
  /** Of the frozen models, by the name that `reads.frozen` gives them: [M], or at the grain of the head. */
  readonly constants: Readonly<Record<string, Constant>>;
  /** Present when `reads` names them. */
  readonly stop?: Tensor1D; // [M]
  readonly kl?: Tensor1D; // [M]
  readonly squares?: Tensor1D; // [M]
  readonly head?: Tensor1D; // [M], [S] or [P]
  readonly hidden?: Tensor2D; // [S, d], detached
  /**
   * The same input with other coefficients c_t, which may depend on the policy. The tape does not follow them: they are
   * detached.
   */
  reweigh(weight: Tensor1D): LossInput;
}

export interface LossOutput {
  loss: Scalar;
  /** What the loss is a mean over (pairs, answers, prompts, tokens): accumulation weighs micro-batches by it. */
  over: number;
  /** Implicit reward of each answer; TRL's `rewards/chosen` and `rewards/rejected` are means of them. */
  rewards?: Tensor1D; // [P]
  /** Further scalars to log, by name. */
  aux?: Record<string, Scalar>;
}

/** What per-token coefficients may depend on: constants only. */
export interface CoefficientInput {
  batch: PackedBatch;
  /** Of the frozen models on the host, by name; `reference` among them. */
  constants: Readonly<Record<string, Float32Array>>;
}

/** A loss with its parameters closed over. */
export interface Objective {
  reads: Reads;
  /** Scale of the implicit reward that is shown as credit: beta. Left out: no implicit reward, the credit is the log-prob's. */
  rewardScale?: number;
  /** Per-token coefficients c_t; left out means 1. Set on the batch once. Must be finite. */
  coefficients?(input: CoefficientInput): Float32Array; // [M]
  loss(input: LossInput): LossOutput;
}
