import type { CreditView } from '../../../workers/protocol';
import type { LossCase } from '../../train/loss-case/case';
import type { Field } from './shown-case';

/** Log-prob of each token under the reference. */
const base = -1.5;

export interface Question {
  label: string;
  /** What to look at. */
  look: string;
  /** Log-ratio of policy to reference, token by token. */
  chosen: readonly number[];
  rejected: readonly number[];
}

const alike = (count: number, ratio: number): number[] => new Array<number>(count).fill(ratio);

/** Cases to begin with, each a question. */
export const questions = {
  stuck: {
    label: 'Stuck at ln 2',
    look: 'Policy and reference are alike, as before the first step: a logistic loss is 0.693 whatever its beta, and pushes all the same.',
    chosen: alike(4, 0),
    rejected: alike(4, 0),
  },
  'both-fall': {
    label: 'Both fall',
    look: 'The chosen answer lost log-prob, the rejected one more. A loss of the margin is content; one that also looks at the chosen side is not.',
    chosen: [-0.6, -0.9, -0.4, -0.7],
    rejected: [-1.8, -2.6, -1.4, -2],
  },
  long: {
    label: 'One much longer',
    look: 'Every token gained 0.1, and the chosen answer has four times as many. A sum takes that for preference, a mean does not.',
    chosen: alike(12, 0.1),
    rejected: alike(3, 0.1),
  },
  'wrong-way': {
    label: 'Label wrong way round',
    look: 'The policy is sure, and the label says otherwise. How hard does the loss pull at such a pair?',
    chosen: [-1.2, -1.6, -0.9],
    rejected: [0.9, 1.1, 0.6],
  },
} as const satisfies Record<string, Question>;

export type QuestionId = keyof typeof questions;

type Step = LossCase['prompts'][number]['responses'][number]['steps'][number];

/** A step of the example with other tokens; what else it has is stretched to as many. */
const stepOf = (example: Step, ratios: readonly number[]): Step =>
  Object.fromEntries(
    Object.entries(example).map(([field, value]) => {
      if (field === 'policy')
        return [field, ratios.map((ratio) => Number(Math.min(0, base + ratio).toFixed(4)))];
      if (!Array.isArray(value) || field === 'hidden') return [field, value];
      if (field === 'tokens') return [field, ratios.map((_, t) => 3 + t)];
      const known = ['reference', 'guide', 'positive', 'negative'].includes(field) ? base : (value[0] ?? 0);
      return [field, alike(ratios.length, known)];
    }),
  ) as Step;

/**
 * The example of a method with one pair that puts a question.
 * @returns undefined where the method compares no answers
 */
export const caseOfQuestion = (example: LossCase, id: QuestionId): LossCase | undefined => {
  const [prompt] = example.prompts;
  const [comparison] = prompt?.comparisons ?? [];
  if (!prompt || !comparison) return undefined;
  const { chosen, rejected } = questions[id];
  const side = (index: number, ratios: readonly number[]) => {
    const { steps, ...response } = prompt.responses[index]!;
    return { ...response, steps: [stepOf(steps[0]!, ratios)] };
  };
  const others = prompt.responses.filter(({ labels }) => labels?.['mismatched']);
  return {
    ...example,
    prompts: [
      {
        ...prompt,
        responses: [side(comparison.chosen, chosen), side(comparison.rejected, rejected), ...others],
        comparisons: [{ ...comparison, chosen: 0, rejected: 1 }],
      },
    ],
  };
};

/** Where a number of a case stands: "prompt 0, response 1, step 2, policy[3]". */
const placeForm = /^prompt (\d+), response (\d+), step (\d+), (\w+)(?:\[(\d+)\])?$/;

/** The case with one number moved; log-probs stay at most 0. @returns undefined where it has no such number */
export const moved = (given: LossCase, place: string, by: number): LossCase | undefined => {
  const [, p, r, s, field, t] = placeForm.exec(place) ?? [];
  const next = structuredClone(given);
  const step = next.prompts[Number(p)]?.responses[Number(r)]?.steps[Number(s)] as
    | Record<string, unknown>
    | undefined;
  const bounded = (value: number) => {
    const sum = Number((value + by).toFixed(6));
    return (['policy', 'stop', 'squares'] satisfies Field[] as string[]).includes(field!)
      ? Math.min(0, sum)
      : sum;
  };
  const values = step?.[field ?? ''];
  if (t === undefined && step && typeof values === 'number') step[field!] = bounded(values);
  else if (Array.isArray(values) && typeof values[Number(t)] === 'number')
    values[Number(t)] = bounded(values[Number(t)] as number);
  else return undefined;
  return next;
};

/** The numbers of a pair of the open run as a case, by the scored tokens' steps. */
export const caseOfPair = (view: CreditView, method: string, params: LossCase['params']): LossCase => {
  const responses = view.responses.map(({ tokens }) => {
    const steps: { policy: number[]; reference: number[] }[] = [];
    for (const { step, policyLogProb, referenceLogProb } of tokens) {
      if (step < 0) continue;
      const own = steps[step] ?? { policy: [], reference: [] };
      steps[step] = own;
      own.policy.push(policyLogProb);
      own.reference.push(referenceLogProb);
    }
    return { steps: steps.filter(Boolean) };
  });
  const of = (role: string) => view.responses.flatMap((response, i) => (response.role === role ? [i] : []));
  const comparisons = of('chosen').flatMap((chosen) =>
    of('rejected').map((rejected) => ({ chosen, rejected })),
  );
  return { method, params, prompts: [{ responses, comparisons }] };
};
