import { methods } from '../methods/index';
import { type Method, mainPass } from '../methods/method';
import type { Objective } from '../methods/objective';
import { defaultParams, type Params } from '../methods/params';
import type { CaseStep, LossCase } from '../train/loss-case/case';
import { fieldsRead } from '../train/loss-case/case';
import { caseBatch } from '../train/loss-case/case-batch';
import { evaluateCase } from '../train/loss-case/compute-loss';

/** Methods whose loss is one of two answers to a prompt. */
export const pairMethods: readonly Method[] = methods.filter(({ eats }) => eats === 'pairs');

/** An answer as a loss sees it here: so many tokens, equally likely under the reference. */
export interface LabAnswer {
  /** Log-prob of the whole answer under the reference. */
  reference: number;
  tokens: number;
}

export interface LabComparison {
  chosen: number;
  rejected: number;
}

/** Values of what else a loss may read, chosen so that they change as little as they can. */
const neutral = (
  field: keyof CaseStep,
  reference: readonly number[],
  answer: number,
): CaseStep[keyof CaseStep] => {
  const each = (value: number) => reference.map(() => value);
  switch (field) {
    case 'tokens':
      return each(answer); // no token of two answers is alike
    case 'stop':
    case 'stopReference':
      return each(-3);
    case 'value':
    case 'kl':
      return each(0);
    case 'squares':
      return each(0); // a certain prediction
    case 'valueEnd':
      return 0;
    default:
      return [...reference]; // guide, positive, negative: as the reference
  }
};

export interface AtPolicy {
  loss: number;
  /** By the log-prob of each whole answer. */
  gradient: number[];
}

/**
 * A method's own objective as a function of the log-probs of whole answers to one prompt: what the catalogue trains with, on
 * as little as it takes. A backend has to be started before.
 * @param params those left out have their defaults
 */
export const pairObjective = (
  method: Method,
  params: Params,
  answers: readonly LabAnswer[],
  comparisons: readonly LabComparison[],
): ((logProbs: ArrayLike<number>) => Promise<AtPolicy>) => {
  const objective: Objective = mainPass(method, { ...defaultParams(method), ...params }).objective;
  const fields = new Set<keyof CaseStep>([...fieldsRead(objective), 'tokens']);
  fields.delete('policy');
  const steps = answers.map(({ reference, tokens }, i): CaseStep => {
    const own = Array.from({ length: tokens }, () => reference / tokens);
    return {
      policy: own,
      ...Object.fromEntries([...fields].map((field) => [field, neutral(field, own, i)])),
    };
  });
  // How often an answer wins is its score, and a margin of 1 the reward model's.
  const wins = answers.map((_, i) => 1 + comparisons.filter(({ chosen }) => chosen === i).length);
  const caseAt = (logProbs: ArrayLike<number>): LossCase => ({
    method: method.id,
    params: {},
    prompts: [
      {
        responses: steps.map((step, i) => ({
          steps: [{ ...step, policy: step.policy.map(() => logProbs[i]! / step.policy.length) }],
          score: wins[i]!,
        })),
        comparisons: comparisons.map((comparison) => ({ ...comparison, margin: 1 })),
      },
    ],
  });
  const batch = caseBatch(caseAt(answers.map(({ reference }) => reference)));
  return async (logProbs) => {
    const { loss, flat } = await evaluateCase(caseAt(logProbs), objective, batch);
    let at = 0;
    const gradient = answers.map(({ tokens }) => {
      // Each token has an equal part of the answer's log-prob, and so an equal part of the change.
      const own = flat['policy']!.subarray(at, at + tokens);
      at += tokens;
      return own.reduce((a, b) => a + b, 0) / tokens;
    });
    return { loss, gradient };
  };
};
