import type { DataKind } from '../methods/method';
import type { ParamSpecs, Params, Values } from '../methods/params';
import type { PassId } from '../methods/pass';
import type { PipelineContext } from '../search/pipeline';
import type { PreferenceTree } from '../tree/tree';

/** A data maker: chosen apart from the loss, so that two methods may train on the same trees. */
export interface Source {
  id: string;
  name: string;
  /** What it does, in a sentence. */
  summary: string;
  params: ParamSpecs;
  /** Its trees are as soon made again as read: what they are made of is stored, and they are not. */
  derived?: true;
  /** Kinds of data that its trees can serve as. */
  makes: readonly DataKind[];
  /** Labels of answers that the world's judge has to give; none when left out. */
  needs?(params: Params): readonly string[];
  /** It judges nothing by a verifier, so that it also works on the prompts of a person's file. */
  unjudged?: true;
  /** Parameters that it takes from the run's source, where a pass has it for its own. */
  follows?: readonly string[];
  /** Models beside the policy that it asks to score by. */
  models?: readonly ('start' | PassId)[];
  /** Yields trees until `context.count` were made. @throws TooFewTreesError when the problems run out before */
  make(context: PipelineContext, params: Params): AsyncGenerator<PreferenceTree>;
}

/** A source with the types of its own parameters. */
interface SourceOf<P extends ParamSpecs> extends Omit<Source, 'params' | 'make' | 'needs'> {
  params: P;
  needs?(params: Values<P>): readonly string[];
  make(context: PipelineContext, params: Values<P>): AsyncGenerator<PreferenceTree>;
}

/** As with methods, the types of the values are taken on trust once they have been checked. */
export const defineSource = <P extends ParamSpecs>(source: SourceOf<P>): Source =>
  source as unknown as Source;

/** The same source with other defaults, as a paper has them. */
export const sourceWith = (source: Source, values: Params): Source => ({
  ...source,
  params: Object.fromEntries(
    Object.entries(source.params).map(([key, spec]) => [
      key,
      Object.hasOwn(values, key) ? ({ ...spec, default: values[key] } as typeof spec) : spec,
    ]),
  ),
});
