import type { EmbeddingOrder } from '../../kernels/embedding';
import type { RopeTable } from '../../kernels/rope-table';
import type { Tensor1D, Tensor2D } from '../../tf';
import type { ModelConfig } from '../config';
import type { ConfigJson } from '../config-fields';
import type { Weights } from '../network';
import type { Project } from '../project';
import type { Tap } from '../tap';

/** How a layer's queries meet keys and values: over a packed forest, or over a cache while generating. */
export type Attend = (layer: number, q: Tensor2D, k: Tensor2D, v: Tensor2D) => Tensor2D;

/** The tokens that a forward pass is about. */
export interface TokenInput {
  tokens: Tensor1D; // int32 [N]
  /** Depth of each token along its path. */
  position: Tensor1D; // int32 [N]
  /** Tokens of the longest path. */
  longest: number;
  /** Tokens and positions by their value, for gradients of the tables that are summed in a fixed order. */
  order?: EmbeddingOrder<Tensor1D>;
  positionOrder?: EmbeddingOrder<Tensor1D>;
}

/** What one layer reads beside the hidden states. */
export interface LayerContext {
  config: ModelConfig;
  weights: Weights;
  layer: number;
  position: Tensor1D; // int32 [N]
  /** By what positions turn; none where the family has a table of positions instead. */
  rope: RopeTable | undefined;
  attend: Attend;
  project: Project;
  tap?: Tap | undefined;
}

/** All that the program knows about one kind of model. Adding a kind is one file and one line in index.ts. */
export interface Family {
  name: string;
  /** config.json's model_type, and the architecture that must go with it where one is given. */
  modelTypes: Readonly<Record<string, string>>;
  /** @throws ModelConfigError naming every field that is wrong or not supported. */
  readConfig(json: ConfigJson): Omit<ModelConfig, 'source'>;

  /** Every parameter by its Hugging Face name, in the order of the forward pass. Matrices are [out, in]. */
  parameterShapes(config: ModelConfig): Map<string, number[]>;
  /** What the names of all but the head begin with; checkpoints of the bare model leave it out. */
  prefix: string;
  /** Layer i's names begin with `${layers}.${i}.`. */
  layers: string;
  /** Linear modules within a layer. PEFT's short name of one is the last part of it. */
  linears: readonly string[];
  /** The token table's module. */
  tokenTable: string;
  /** The table of learned positions, where there is one. */
  positionTable?: string;
  /** Buffers that checkpoints carry and the program computes itself. */
  ignored: RegExp;
  /** Linear modules are stored [in, out], as transformers' Conv1D has them. */
  transposedLinears?: boolean;
  /** GGUF's names of modules by ours, "{i}" standing for the layer. */
  ggufNames: Readonly<Record<string, string>>;

  /** Embedded tokens [N, d]. */
  embed(weights: Weights, input: TokenInput): Tensor2D;
  /** One decoder block, [N, d] to [N, d]. */
  block(x: Tensor2D, context: LayerContext): Tensor2D;
  /** The norm after the last block. */
  finalNorm(x: Tensor2D, config: ModelConfig, weights: Weights): Tensor2D;
}
