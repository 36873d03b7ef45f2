import type { Problem, Task } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { Rng } from '../util/rng';

export interface SampleRequest {
  /** Prompt and prefix, tokenised. */
  tokens: readonly number[];
}

export interface SampleOptions {
  /** 0 is greedy. */
  temperature: number;
  topK?: number;
  topP?: number;
  /** Samples per request. */
  count: number;
  /** Most new tokens; a sequence that fills the model's context before ends there, unfinished. */
  maxTokens: number;
  /** Stop after the first token of this id as well as at EOS (for example the newline that ends a step). */
  stopTokens?: readonly number[];
  /**
   * The temperature rises with every step: token by token it is min(temperature + rise * steps, most), where `steps` counts the tokens
   * of `stepEnds` (see `stepEndTokens`) that the sample has so far.
   */
  rising?: { rise: number; most: number; stepEnds: readonly number[] };
}

export interface Sample {
  /** New tokens only, with the EOS or stop token if one was produced. */
  tokens: number[];
  /** Log-prob of each new token under the sampling model at temperature 1. */
  logProbs: number[];
  /** The same under the distribution that the token was drawn from: temperature, top-k and top-p included; 0 at temperature 0. */
  proposalLogProbs: number[];
  /** Ended at EOS or a stop token, not at maxTokens. */
  finished: boolean;
}

/** What a source may use. It never sees weights or tensors. */
export interface PipelineContext {
  task: Task;
  tokenizer: Tokenizer;
  rng: Rng;
  /** The training problems, endless and seeded. */
  problems: () => Problem;
  /** Samples from the current policy: one list of `count` samples per request. */
  sample(requests: readonly SampleRequest[], options: SampleOptions): Promise<Sample[][]>;
  /** Trees wanted. */
  count: number;
  maxTokens: number;
  signal: AbortSignal;
  /** Reports how far collection is, with a sentence of what it saw (for example "312 sampled, 140 wrong"). */
  progress(done: number, note: string): void;
}
