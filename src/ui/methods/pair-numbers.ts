import type { CreditView } from '../../../workers/protocol';
import type { SymbolValue } from '../../methods/method';
import type { ParamValue } from '../../methods/params';
import type { CaseStep, LossCase } from '../../train/loss-case/case';

/** The sums of one answer of a pair, as formulas use them. */
interface Sums {
  logRatio: number;
  sum: number;
  refSum: number;
  mean: number;
  meanRatio: number;
  length: number;
}

/** What the symbols of a formula stand for on one pair. */
export interface PairNumbers {
  chosen: Sums;
  rejected: Sums;
  loss: number;
  params: Readonly<Record<string, ParamValue>>;
}

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const sumsOf = (steps: readonly CaseStep[]): Sums => {
  const policy = steps.flatMap((step) => step.policy);
  const reference = steps.flatMap((step) => step.reference ?? step.policy.map(() => 0));
  const [sum, refSum, length] = [total(policy), total(reference), policy.length];
  const logRatio = sum - refSum;
  return {
    sum,
    refSum,
    length,
    logRatio,
    mean: length ? sum / length : 0,
    meanRatio: length ? logRatio / length : 0,
  };
};

/** The first compared pair of a case; undefined where nothing is compared. */
export const pairNumbers = (
  { prompts }: LossCase,
  params: PairNumbers['params'],
  loss: number,
): PairNumbers | undefined => {
  const prompt = prompts.find(({ comparisons }) => (comparisons?.length ?? 0) > 0);
  const comparison = prompt?.comparisons?.[0];
  if (!prompt || !comparison) return undefined;
  const [chosen, rejected] = [comparison.chosen, comparison.rejected].map((r) =>
    sumsOf(prompt.responses[r]!.steps),
  );
  return { chosen: chosen!, rejected: rejected!, loss, params };
};

/** A case with its first compared prompt alone, so that the loss is that pair's. */
export const firstPair = (given: LossCase): LossCase => {
  const prompt = given.prompts.find(({ comparisons }) => (comparisons?.length ?? 0) > 0) ?? given.prompts[0]!;
  return { ...given, prompts: [prompt] };
};

/** A pair of a run as a loss case: what the method reads beside log-probs is left out. */
export const caseOfCredit = (
  { method, responses }: CreditView,
  params: PairNumbers['params'],
  reference: boolean,
): LossCase | undefined => {
  const [chosen, rejected] = (['chosen', 'rejected'] as const).map((role) =>
    responses.findIndex((r) => r.role === role),
  );
  if (chosen! < 0 || rejected! < 0) return undefined;
  return {
    method,
    params: { ...params },
    prompts: [
      {
        responses: responses.map(({ tokens, steps }) => ({
          steps: steps.flatMap((_, s) => {
            const own = tokens.filter(({ step }) => step === s);
            return own.length > 0
              ? [
                  {
                    policy: own.map((t) => t.policyLogProb),
                    ...(reference && { reference: own.map((t) => t.referenceLogProb) }),
                  },
                ]
              : [];
          }),
        })),
        comparisons: [{ chosen: chosen!, rejected: rejected! }],
      },
    ],
  };
};

/** The number that a path leads to; undefined where the pair has none. */
export const numberAt = (path: SymbolValue, numbers: PairNumbers): number | undefined => {
  if (path === 'loss') return numbers.loss;
  const [head, key] = path.split('.') as [string, string];
  if (head === 'params') {
    const value = numbers.params[key];
    return typeof value === 'number' ? value : undefined;
  }
  const { chosen, rejected } = numbers;
  if (path === 'pair.margin') return chosen.logRatio - rejected.logRatio;
  if (path === 'pair.meanMargin') return chosen.meanRatio - rejected.meanRatio;
  return (head === 'chosen' ? chosen : rejected)[key as keyof Sums];
};
