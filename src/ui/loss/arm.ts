/** One method of the loss lab: what its own objective makes of the answers. */
import type { TrainerApi } from '../../../workers/protocol';
import { spaced } from '../../lab/maths';
import type { ParamValue } from '../../methods/params';
import type { LossCase } from '../../train/loss-case/case';
import type { LossResult } from '../../train/loss-case/compute-loss';
import type { Plane } from '../live/pair-questions';
import { caseOfAnswers, derivatives, type ExtraField, extraFields, gained, type LabAnswers } from './answers';

type Calculator = Pick<TrainerApi, 'computeLoss' | 'exampleCase' | 'lossPlane'>;

export interface Arm {
  method: string;
  params: Readonly<Record<string, ParamValue>>;
  given?: LossCase;
  result?: LossResult;
  /** Moves are counted from the reference. */
  plane?: Plane;
  problem?: string;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Examples of methods; they never change. */
const examples = new Map<string, LossCase>();

const exampleOf = async (api: Calculator, method: string): Promise<LossCase> => {
  const known = examples.get(method);
  if (known) return known;
  const example = await api.exampleCase(method);
  examples.set(method, example);
  return example;
};

/** The arm with its loss and derivatives on the answers. */
export const computed = async (
  api: Calculator,
  { method, params, plane }: Arm,
  answers: LabAnswers,
  name: string,
): Promise<Arm> => {
  const base: Arm = { method, params, ...(plane && { plane }) };
  try {
    const shaped = caseOfAnswers(await exampleOf(api, method), answers);
    if (!shaped)
      return {
        method,
        params,
        problem: `${name} learns single answers by heart; it has nothing to set apart.`,
      };
    const given = { ...shaped, params: { ...shaped.params, ...params } };
    return { ...base, given, result: await api.computeLoss(given) };
  } catch (error) {
    return { method, params, problem: messageOf(error) };
  }
};

const side = 17;

/** How far the axes reach: round, and past where the answers are. */
const reachOf = (values: readonly number[]): number => {
  const most = Math.max(...values.map(Math.abs)) * 1.25;
  return [5, 10, 20, 50, 100, 200, 500].find((reach) => reach >= most) ?? 1000;
};

/** The arm with its plane around the first two answers. */
export const withPlane = async (api: Calculator, arm: Arm, { answers }: LabAnswers): Promise<Arm> => {
  if (!arm.given || arm.problem) return arm;
  const [first, second] = answers.map(gained) as [number, number];
  const reach = reachOf([first, second]);
  const axis = (index: 0 | 1, now: number) => {
    const { tokens } = answers[index]!;
    // Moved alike, the token nearest to certain stops an answer first.
    const room = tokens.length * Math.min(...tokens.map(({ reference, ratio }) => -reference - ratio));
    return spaced(-reach, Math.min(reach, now + room), side);
  };
  const [chosen, rejected] = [axis(0, first), axis(1, second)];
  try {
    return {
      ...arm,
      plane: { chosen, rejected, loss: await api.lossPlane(arm.given, { first: chosen, second: rejected }) },
    };
  } catch (error) {
    return { ...arm, problem: messageOf(error) };
  }
};

/** How hard a loss pushes: on each answer as a whole, and the two apart. Of a list, of its first two. */
export interface Push {
  chosen: number;
  rejected: number;
  apart: number;
}

/** Of log-probs of whole answers: each token has an equal part of the answer's, and so of the change. */
export const pushOf = ({ result }: Arm): Push | undefined => {
  if (!result) return undefined;
  const [chosen, rejected] = result.gradient[0]!.map((steps) => {
    const all = steps.flatMap(({ policy }) => policy);
    return all.length > 0 ? -all.reduce((a, b) => a + b, 0) / all.length + 0 : 0;
  });
  return { chosen: chosen!, rejected: rejected!, apart: (chosen! - rejected!) / 2 };
};

/** Derivatives of an arm by answer and token, by one field. */
export const derivativesOf = (
  { result }: Arm,
  answers: LabAnswers,
  field: 'policy' | ExtraField,
): number[][] =>
  result
    ? derivatives(result.gradient[0] as unknown as Parameters<typeof derivatives>[0], answers, field)
    : answers.answers.map(() => []);

/** Answers of the first prompt of a method's example, other prompts' ones left out. */
const exampleAnswers = (method: string) =>
  (examples.get(method)?.prompts[0]?.responses ?? []).filter(({ labels }) => !labels?.['mismatched']);

/** Which further numbers of a token the arm's loss is differentiated by. */
export const extrasOf = ({ method }: Arm): ExtraField[] =>
  extraFields.filter((field) => exampleAnswers(method)[0]?.steps[0]?.[field] !== undefined);

/** The loss tells steps apart. */
export const readsSteps = ({ method }: Arm): boolean =>
  exampleAnswers(method).some(({ steps }) => steps.length > 1);

/** The loss reads more than two answers. */
export const readsLists = ({ method }: Arm): boolean => exampleAnswers(method).length > 2;

/** The loss reads scores. */
export const readsScores = ({ method }: Arm): boolean => exampleAnswers(method)[0]?.score !== undefined;
