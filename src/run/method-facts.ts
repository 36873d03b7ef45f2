import type { Method } from '../methods/method';
import type { Blend, Pass } from '../methods/pass';
import type { RunDocument } from '../train/run-document';
import type { MethodFacts } from '../train/run-facts';
import { keptAfter, stepsOf } from './passes';

/** What a pass is compared with or reads numbers of, beside the policy. */
const frozenOf = ({ reference = 'start', objective: { reads } }: Pass): Blend[] => [
  ...(reads.reference || reads.kl ? [reference] : []),
  ...Object.values(reads.frozen ?? {}).map(({ model }) => model),
];

/** What a method's passes take beside a plain run's memory and time, from what their objectives read. */
export const methodFacts = (
  method: Pick<Method, 'passes' | 'result'>,
  document: Pick<RunDocument, 'method' | 'steps'>,
): Omit<MethodFacts, 'latency'> => {
  const { params } = document.method;
  const passes = method.passes(params);
  const result = method.result?.(params);
  const reads = passes.map(({ objective }) => objective.reads);
  const frozen = passes.flatMap(frozenOf);
  const follows = passes.some(({ refresh }) => refresh);
  const distinct = new Set(frozen.map((model) => JSON.stringify(model))).size;
  return {
    passes: passes.length,
    allSteps: passes.reduce((sum, pass) => sum + stepsOf(pass, document.steps), 0),
    frozen: distinct + (follows ? 1 : 0),
    other: follows || frozen.some((model) => model !== 'start'),
    kept: passes.filter((_, index) => keptAfter(passes, index, result)).length + (follows ? 1 : 0),
    head: reads.some(({ head }) => head),
    trunk: reads.some(({ head }) => head?.trunk),
    stop: reads.some(({ stop }) => stop),
    mismatched: reads.some(({ mismatched }) => mismatched),
  };
};
