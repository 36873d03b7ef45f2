import type { DataKind } from '../../methods/method';
import type { Reads } from '../../methods/objective';
import type { ParamSpecs, Params, Values } from '../../methods/params';
import type { PipelineContext } from '../../search/pipeline';
import type { PreferenceTree } from '../../tree/tree';

/** What a wrapper may use. */
export type WrapContext = Pick<
  PipelineContext,
  'rng' | 'count' | 'signal' | 'progress' | 'score' | 'measure'
>;

/** Trees of the source that is wrapped, at most so many; of a file all that it has. */
export type MakeTrees = (count: number) => AsyncGenerator<PreferenceTree>;

/** A maker of data that changes what another one makes, or chooses from it: a source or a file. It keeps the kind of data. */
export interface Wrapper {
  id: string;
  name: string;
  /** What it does, in a sentence. */
  summary: string;
  params: ParamSpecs;
  /** Kinds of data that it can change. */
  wraps: readonly DataKind[];
  /** Whether a loss that reads this sees what it changes; true of any when left out. */
  suits?(reads: Reads): boolean;
  /** It asks for log-probs, so that a file's trees wait for the model. */
  scores?: true;
  wrap(make: MakeTrees, context: WrapContext, params: Params): AsyncGenerator<PreferenceTree>;
}

interface WrapperOf<P extends ParamSpecs> extends Omit<Wrapper, 'params' | 'wrap'> {
  params: P;
  wrap(make: MakeTrees, context: WrapContext, params: Values<P>): AsyncGenerator<PreferenceTree>;
}

/** As with sources, the types of the values are taken on trust once they have been checked. */
export const defineWrapper = <P extends ParamSpecs>(wrapper: WrapperOf<P>): Wrapper =>
  wrapper as unknown as Wrapper;
