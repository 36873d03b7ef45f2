import type { Card, DataKind, Method } from '../methods/method';
import { comparesAnswers } from '../methods/method';
import type { Reads } from '../methods/objective';
import type { ParamSpecs } from '../methods/params';
import { defaultParams } from '../methods/params';
import type { Pass } from '../methods/pass';
import type { Preset } from '../methods/preset';
import { sourcesFor } from '../sources/index';
import type { Source } from '../sources/source';
import { wrappersFor } from '../sources/wrappers/index';
import type { Wrapper } from '../sources/wrappers/wrapper';
import { presetsOf } from './presets';

/** A source as data. */
export interface SourceInfo extends Omit<Source, 'make' | 'needs'> {
  /** Labels that a world's judge has to give, at its default parameters; see `WorldCard.labels`. */
  labels?: readonly string[];
}

/** A wrapper as data. */
export type WrapperInfo = Omit<Wrapper, 'wrap' | 'suits'>;

/** A method as data: everything a page or a terminal shows of it. Survives structured clone. */
export interface MethodInfo extends Card {
  eats: DataKind;
  params: ParamSpecs;
  defaults: Method['defaults'];
  /** Every source that it can train on, its own first. */
  sources: readonly SourceInfo[];
  /** Every wrapper that can change or select its data. */
  wrappers: readonly WrapperInfo[];
  /** Its passes at its defaults. */
  passes: readonly { id: string; label: string }[];
  /** Named settings: its defaults, its paper's, and more. */
  presets: readonly Preset[];
  needs: { reference: boolean; comparisons: boolean; steps: boolean };
  /** Its loss has an implicit reward, scaled by beta. */
  rewarded: boolean;
  /** It gives tokens coefficients of its own, other than 1. */
  weighted: boolean;
  /** It trains in more than one pass. */
  staged: boolean;
  /** What it takes besides its data, in a word or two each. */
  takes: readonly string[];
}

const numberWords = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

/** What is read beside the policy's own log-probs. */
const takenBy = (passes: readonly Pass[]): string[] => {
  const reads = passes.map(({ objective }) => objective.reads);
  const any = (f: (r: Reads) => unknown) => reads.some((r) => f(r));
  return [
    ...(any((r) => r.reference) ? [] : ['no reference']),
    ...(passes.length > 1 ? [`${numberWords[passes.length] ?? passes.length} passes`] : []),
    ...(passes.some(({ refresh }) => refresh) ? ['a moving reference'] : []),
    ...(any((r) => r.scores) ? ['scores'] : []),
    ...(any((r) => r.stepLabels?.length) ? ['step scores'] : []),
    ...(any((r) => r.head) ? ['value head'] : []),
  ];
};

/** Leaves the functions of a method behind. */
export const describeMethod = (method: Method): MethodInfo => {
  const { sources: _sources, passes: _passes, result: _result, guides: _guides, ...data } = method;
  const passes = method.passes(defaultParams(method));
  const sources = sourcesFor(method).map(({ make: _make, needs, ...source }) => ({
    ...source,
    ...(needs && { labels: needs(defaultParams(source)) }),
  }));
  return {
    ...data,
    sources,
    presets: presetsOf(method, sources[0]),
    wrappers: wrappersFor(method).map(({ wrap: _wrap, suits: _suits, ...wrapper }) => wrapper),
    passes: passes.map(({ id, label }) => ({ id, label })),
    needs: {
      reference: passes.some(({ objective }) => objective.reads.reference),
      comparisons: comparesAnswers(method.eats),
      steps: method.eats === 'next-steps',
    },
    rewarded: passes.some(({ objective }) => objective.rewardScale !== undefined),
    weighted: passes.some(({ objective }) => objective.coefficients !== undefined),
    staged: passes.length > 1,
    takes: takenBy(passes),
  };
};
