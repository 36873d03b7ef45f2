/** What an estimate of a run goes by: the device, the data, the method. */
import type { ModelConfig } from '../model/config';
import type { HostWeights } from '../model/host-weights';
import type { RunDocument } from './run-document';

/** What the device says of itself. */
export interface DeviceFacts {
  backend: 'webgpu' | 'wasm' | 'cpu';
  /** Bytes of the largest buffer that a shader may bind; undefined where there is no such limit. */
  largestBuffer: number | undefined;
  /** Bytes of the largest buffer that it makes, for a table or a head, which is bound in parts; as above when left out. */
  largestTable?: number;
  /** Bytes that may be used in all, by rule of thumb: browsers do not tell. */
  memory: number | undefined;
  /** Multiplications and additions per second, measured; undefined when not. */
  flops: number | undefined;
}

/** How long the data are. */
export interface DataFacts {
  /** Tokens of one tree on average, shared parts once; scored tokens of it; tokens of the longest tree. */
  meanTokens: number;
  meanScored: number;
  longest: number;
  /** Trees to train on, where they have been counted. */
  trees?: number;
  /** Those kept from training, where they have been counted. */
  heldOut?: number;
  /** Trees of built-in problems that need not be made. */
  there?: boolean;
}

/** What is known of the method, and of how fast answers are written. */
export interface MethodFacts {
  /** See `TimeInput`. */
  passes: number;
  allSteps: number;
  frozen: number;
  latency: number;
  /** One of the frozen models is another than what the run begins with. */
  other: boolean;
  /** Sets of trained weights that are kept: of passes for later ones, of a reference that follows. */
  kept: number;
  /** A linear head is trained beside the weights. */
  head: boolean;
  /** It sits on a second copy of what is trained, through which every token goes as well. */
  trunk: boolean;
  /** log p(EOS) is scored at every state beside the token. */
  stop: boolean;
  /** Each prompt has as many answers of another one beside its own. */
  mismatched: boolean;
}

/** One pass with a reference. */
export const plainMethod = (steps: number): MethodFacts => ({
  passes: 1,
  allSteps: steps,
  frozen: 1,
  latency: 0,
  other: false,
  kept: 0,
  head: false,
  trunk: false,
  stop: false,
  mismatched: false,
});

export interface EstimateInput {
  config: ModelConfig;
  weights: HostWeights;
  document: RunDocument;
  data: DataFacts;
  device: DeviceFacts;
  /** One pass with a reference when left out. */
  method?: MethodFacts;
}
