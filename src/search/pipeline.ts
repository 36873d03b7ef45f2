import type { ImagePipeline } from '../diffusion/pipeline';
import type { Problem, Task } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { PreferenceTree } from '../tree/tree';
import type { Measure } from '../util/measure';
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
  /**
   * What another speaker says after each stop token or EOS: with it a sample goes on after them, until `end`. It is asked with the
   * index of the request and the sample's tokens so far.
   */
  reply?(request: number, tokens: readonly number[]): GivenTokens;
}

/** Tokens that are given to a sample, not drawn. */
export interface GivenTokens {
  tokens: readonly number[];
  /** The sample ends with them. */
  end: boolean;
}

export interface Sample {
  /** New tokens only, with the EOS or stop token if one was produced. */
  tokens: number[];
  /** Log-prob of each new token under the sampling model at temperature 1. */
  logProbs: number[];
  /** The same under the distribution that the token was drawn from: temperature, top-k and top-p included; 0 at temperature 0. */
  proposalLogProbs: number[];
  /** Ended at EOS or a stop token, or where `reply` said so; not at maxTokens. */
  finished: boolean;
  /** With `reply`: which of the tokens were given. Their log-probs are 0. */
  given?: boolean[];
}

/** What is to be answered: a problem of a world, or a prompt of a person's file, which nothing here can judge answers to. */
export interface Prompt {
  id: string;
  tokens: number[];
  problem?: Problem;
}

/** Whose log-probs a source may ask for: those of the weights that answer, or of an earlier pass that it names in `Source.models`. */
export type ScoringModel = 'policy' | 'start' | (string & {});

/** What a source may use. It never sees weights or tensors. */
export interface PipelineContext {
  task: Task;
  tokenizer: Tokenizer;
  rng: Rng;
  /** The training problems, endless and seeded. */
  problems: () => Problem;
  /** The next prompt to answer: a training problem's, without end; of a file each once, then undefined. */
  prompts(): Prompt | undefined;
  /** Samples from the current policy: one list of `count` samples per request. */
  sample(requests: readonly SampleRequest[], options: SampleOptions): Promise<Sample[][]>;
  /**
   * What the policy's value head says at the last token of each sequence (at the end of a step, say). Absent where the policy has
   * none, or none that has learned anything.
   */
  values?: (sequences: readonly (readonly number[])[]) => Promise<number[]>;
  /** Log-probs per entry of each tree, by id; of the policy that answers when no model is named. */
  score(trees: readonly PreferenceTree[], model?: ScoringModel): Promise<ReadonlyMap<string, Float32Array>>;
  /** Says what the data are like in a number, which page and terminal show beside the pass that trains on them. */
  measure(measure: Measure): void;
  /** Of a model that draws: its images, in the place of problems and samples. */
  images?: ImagePipeline;
  /** Trees wanted. */
  count: number;
  maxTokens: number;
  signal: AbortSignal;
  /** Reports how far collection is, with a sentence of what it saw (for example "312 sampled, 140 wrong"). */
  progress(done: number, note: string): void;
}
