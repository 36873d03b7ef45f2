import type { Evaluation, ImageView } from '../../workers/protocol';
import type { LatentReads } from '../methods/objective';
import type { Params } from '../methods/params';
import type { Pass, PassId } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import type { Network } from '../model/network';
import type { PipelineContext } from '../search/pipeline';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { RunDocument } from '../train/run-document';
import type { Scorer } from '../train/scorer';
import type { PreferenceTree } from '../tree/tree';
import type { Rng } from '../util/rng';
import type { LentNetwork } from './run-weights';

/** What a medium needs of the run. */
export interface MediumContext {
  /** Runs f alone on the device. */
  onDevice<T>(f: () => Promise<T>): Promise<T>;
  /** Lets messages in. @throws StoppedError */
  between(): Promise<void>;
  /** Waits while the run is paused. */
  gate(): Promise<void>;
}

/** A model that says in the place of the reward what is better, and the parameters that say what the reward is. */
export interface JudgeInUse {
  network: Network;
  params: Params;
}

/** What a source of this medium gets beside what all get. */
export type MediumPipeline = Pick<PipelineContext, 'images'>;

/**
 * What a run is about when it is not text: how its trees are checked, made, scored and measured. Left out of a run, it is text.
 * Everything else (passes, weights, pairs, losses, checkpoints) is the same.
 */
export interface Medium {
  scorer(reads: LatentReads | undefined): Scorer;
  /** Weights that a pass begins with which trains a network of its own, or from nothing; undefined where it begins with the policy's. */
  fresh(reads: LatentReads | undefined): HostWeights | undefined;
  /** What goes through the model, for messages. */
  readonly unit: string;
  /** A tree's parts in words, as a tokenizer would spell them. */
  readonly words: Pick<Tokenizer, 'token' | 'decode'>;
  /** @throws Error naming tree, field and remedy */
  validate(tree: PreferenceTree): void;
  /** Numbers of a network that does not change, by tree id. */
  read(
    network: Network,
    trees: readonly PreferenceTree[],
    between: (done: number) => Promise<void>,
  ): Promise<Map<string, Float32Array>>;
  /**
   * Trees as a step takes them, with what is drawn for this visit alone; undefined where nothing is drawn and a tree is the same at
   * each visit.
   */
  visit: (reads: LatentReads) => Visit | undefined;
  /** What sources make trees with. @param policy that draws */
  pipeline(
    context: MediumContext,
    policy: { hash: string; lend(): Promise<LentNetwork>; lendModel(model: PassId): Promise<LentNetwork> },
    reads: LatentReads | undefined,
  ): MediumPipeline;
  /** What a pass costs in floating-point operations. @param first it is the first on the run's own trees */
  flops(pass: Pass, document: RunDocument, first: boolean): { making: number; step: number };
  /** A tree as pictures, under the network of now. @param tree as a step takes it */
  look(network: Network, tree: PreferenceTree): Promise<ImageView>;
  /**
   * Measures a network, and what it draws is judged by where a pass trains or has trained such a model.
   * @param count of what is drawn
   */
  evaluate(
    network: Network,
    count: number,
    between: () => Promise<void>,
    judge?: JudgeInUse,
  ): Promise<Omit<Evaluation, 'step' | 'stage'>>;
}

export type Visit = (
  network: Network,
  trees: readonly PreferenceTree[],
  rng: Rng,
  name: string,
) => Promise<PreferenceTree[]>;
