import type { PackedBatch } from '../../tree/packed-batch';
import type { CaseStep, LossCase } from './case';

/** The batch that the given numbers would come from, as far as a loss sees it: entries, steps, answers, comparisons. */
export const caseBatch = (given: LossCase): PackedBatch => {
  const target: number[] = [];
  const step: number[] = [];
  const steps: PackedBatch['steps'] = [];
  const responses: PackedBatch['responses'] = [];
  const comparisons: PackedBatch['comparisons'] = [];
  const trees: PackedBatch['trees'] = [];
  given.prompts.forEach((prompt, p) => {
    const [first, treeStart] = [responses.length, target.length];
    prompt.responses.forEach((response, index) => {
      const [stepStart, entryStart] = [steps.length, target.length];
      response.steps.forEach(({ policy, tokens, labels }, node) => {
        const start = target.length;
        policy.forEach((_, t) => {
          target.push(tokens?.[t] ?? 0);
          step.push(steps.length);
        });
        steps.push({
          response: responses.length,
          node,
          entryStart: start,
          entryEnd: target.length,
          lastToken: -1,
          ...(labels && { labels }),
        });
      });
      responses.push({
        tree: p,
        index,
        stepStart,
        stepEnd: steps.length,
        entryStart,
        entryEnd: target.length,
        ...(response.score !== undefined && { score: response.score }),
        ...(response.labels && { labels: response.labels }),
      });
    });
    for (const { chosen, rejected, margin } of prompt.comparisons) {
      comparisons.push({
        chosen: first + chosen,
        rejected: first + rejected,
        ...(margin !== undefined && { margin }),
      });
    }
    trees.push({
      id: `prompt ${p}`,
      entryStart: treeStart,
      entryEnd: target.length,
      tokenStart: 0,
      tokenEnd: 0,
    });
  });
  // At least one entry: an empty tensor is an invalid buffer on some backends.
  const used = target.length;
  const count = Math.max(1, used);
  const none = new Int32Array();
  const padded = (values: readonly number[], filler: number) =>
    Int32Array.from({ length: count }, (_, i) => values[i] ?? filler);
  return {
    size: 0,
    tokenCount: 0,
    tokens: none,
    position: none,
    visibleUntil: none,
    treeStart: none,
    entries: {
      count,
      used,
      row: none,
      target: padded(target, 0),
      step: padded(step, -1),
      weight: Float32Array.from({ length: count }, (_, i) => (i < used ? 1 : 0)),
      rows: none,
      rowStart: none,
      rowEntries: none,
      stepStart: Int32Array.from([0, ...steps.map(({ entryEnd }) => entryEnd)]),
    },
    steps,
    responses,
    comparisons,
    trees,
  };
};

/** All steps of a case in order. */
export const caseSteps = (given: LossCase): CaseStep[] =>
  given.prompts.flatMap(({ responses }) => responses.flatMap(({ steps }) => steps));

/** A field of every step, joined; with one 0 where there is no token at all. Undefined when no step has it. */
export const joined = (
  given: LossCase,
  field:
    | 'policy'
    | 'reference'
    | 'guide'
    | 'positive'
    | 'negative'
    | 'stop'
    | 'stopReference'
    | 'value'
    | 'kl'
    | 'squares',
): Float32Array | undefined => {
  const steps = caseSteps(given);
  if (!steps.some((step) => step[field] !== undefined)) return undefined;
  const values = steps.flatMap((step) => step[field] ?? []);
  return Float32Array.from(values.length > 0 ? values : [0]);
};
