import { methodById } from '../../methods/index';
import { mainPass } from '../../methods/method';
import { checkLossCase, type LossCase, LossCaseError, parseLossCase } from './case';
import { caseBatch } from './case-batch';
import { evaluateCase, paramsOf } from './compute-loss';

type Response = LossCase['prompts'][number]['responses'][number];

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** The log-prob that a response gained over the reference, or has where there is none. */
export const movedBy = ({ steps }: Response): number =>
  total(steps.flatMap(({ policy, reference }) => policy.map((p, t) => p - (reference?.[t] ?? 0))));

/** The response with every token moved alike, so that it has gained `to` in all; undefined where a log-prob would pass 0. */
const movedTo = (response: Response, to: number): Response | undefined => {
  const count = response.steps.reduce((sum, { policy }) => sum + policy.length, 0);
  const by = (to - movedBy(response)) / count;
  const steps = response.steps.map((step) => ({ ...step, policy: step.policy.map((p) => p + by) }));
  return steps.some(({ policy }) => policy.some((p) => p > 0)) ? undefined : { ...response, steps };
};

/**
 * The loss of a case over how much its first two answers have gained, nats since the reference: each answer's tokens are moved
 * alike, all else stays. A backend has to be started before.
 * @param value see `LossCase`; its first prompt has at least two responses
 * @returns a row to each of `second`; NaN where a log-prob would pass 0
 * @throws LossCaseError naming every problem
 */
export const lossPlane = async (
  value: unknown,
  { first, second }: { first: readonly number[]; second: readonly number[] },
  tick: () => Promise<void> = async () => {},
): Promise<number[][]> => {
  const given = parseLossCase(value);
  const method = methodById(given.method);
  const { objective } = mainPass(method, paramsOf(given));
  checkLossCase(given, method.name, objective);
  const [prompt, ...others] = given.prompts;
  const [one, two, ...rest] = prompt!.responses;
  if (!one || !two) throw new LossCaseError(['prompt 0: has one response, and a plane is of two']);
  const across = first.map((to) => movedTo(one, to));
  const rows: number[][] = [];
  for (const to of second) {
    const below = movedTo(two, to);
    const row: number[] = [];
    for (const beside of across) {
      if (!below || !beside) {
        row.push(Number.NaN);
        continue;
      }
      const at = { ...given, prompts: [{ ...prompt!, responses: [beside, below, ...rest] }, ...others] };
      // A batch of its own: coefficients are written into it.
      row.push((await evaluateCase(at, objective, caseBatch(at))).loss);
    }
    rows.push(row);
    await tick();
  }
  return rows;
};
