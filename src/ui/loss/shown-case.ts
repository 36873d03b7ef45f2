import type { LossCase } from '../../train/loss-case/case';
import type { LossResult, StepGradient } from '../../train/loss-case/compute-loss';

/** An input that the loss is differentiated by. */
export type Field = keyof StepGradient;

/** One number of the case with the derivative of the loss by it. */
export interface ShownNumber {
  /** "prompt 0, response 1, step 0, policy[2]" */
  place: string;
  value: number;
  derivative: number;
}

export interface ShownResponse {
  name: string;
  /** Its part in the comparisons, in words; empty where it has none. */
  role: string;
  steps: { numbers: ShownNumber[]; sum: number }[];
}

const roleOf = ({ comparisons }: LossCase['prompts'][number], response: number): string =>
  [
    ...(comparisons?.some(({ chosen }) => chosen === response) ? ['chosen'] : []),
    ...(comparisons?.some(({ rejected }) => rejected === response) ? ['rejected'] : []),
  ].join(' and ');

const listed = (value: number | readonly number[] | undefined): readonly number[] =>
  value === undefined ? [] : typeof value === 'number' ? [value] : value;

/** Fields that the answer has derivatives of, `policy` first. */
export const fieldsOf = ({ gradient }: LossResult): Field[] => {
  const found = new Set<Field>(['policy']);
  for (const step of gradient.flat(2)) for (const field of Object.keys(step)) found.add(field as Field);
  return [...found];
};

/** Responses of a case, in order, with the derivative by one field. */
export const shownResponses = (given: LossCase, { gradient }: LossResult, field: Field): ShownResponse[] =>
  given.prompts.flatMap((prompt, p) =>
    prompt.responses.map(({ steps }, r) => ({
      name: `prompt ${p}, response ${r}`,
      role: roleOf(prompt, r),
      steps: steps.map((step, s) => {
        const values = listed(step[field]);
        const derivatives = listed(gradient[p]?.[r]?.[s]?.[field]);
        const numbers = derivatives.map((derivative, t) => ({
          place: `prompt ${p}, response ${r}, step ${s}, ${field}${field === 'valueEnd' ? '' : `[${t}]`}`,
          value: values[t] ?? Number.NaN,
          derivative,
        }));
        return { numbers, sum: derivatives.reduce((a, b) => a + b, 0) };
      }),
    })),
  );

/** As many responses from the front as have at most so many numbers together; at least one. */
export const firstOf = (responses: readonly ShownResponse[], most: number): ShownResponse[] => {
  let left = most;
  return responses.filter(({ steps }, i) => {
    left -= steps.reduce((sum, { numbers }) => sum + numbers.length, 0);
    return left >= 0 || i === 0;
  });
};
