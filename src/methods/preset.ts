import type { Params } from './params';

/** Settings of a run by a name, laid over a method's defaults. Plain data. */
export interface Preset {
  id: string;
  name: string;
  /** What it sets and what for, in a sentence or two. */
  summary: string;
  params?: Params;
  /** The world that it is about; the run goes there, with that world's model. */
  task?: string;
  /** A source by its id, and those of its parameters that are not at their defaults. */
  source?: { id: string; params?: Params };
  /** Wrappers by id, likewise. */
  wrappers?: Readonly<Record<string, Params>>;
  learningRate?: number;
  batchSize?: number;
  accumulate?: number;
  steps?: number;
  trees?: number;
  schedule?: { kind?: 'constant' | 'linear' | 'cosine'; warmup?: number };
}
