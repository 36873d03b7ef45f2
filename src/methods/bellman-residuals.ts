/** Where the states of an answer are, and by how much value and policy disagree there: the soft Bellman residuals of OREO. */
import { sparseMatrix, sparseProduct } from '../kernels/sparse-product';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import { range } from '../util/range';
import { detach, pick, withoutHistory } from './maths';
import type { LossInput } from './objective';

/** Which states an answer has: before every token, before every step, or its first alone. */
export type Level = 'token' | 'step' | 'response';

/** Where one answer's states are: per state the entry that it is before, and the entries of the action from there. */
export interface States {
  answer: number;
  /** First entry of each action, and one past its last. */
  actions: (readonly [start: number, end: number])[];
}

const statesOf = ({ batch }: LossInput, level: Level): States[] =>
  batch.responses.map(({ entryStart, entryEnd, stepStart, stepEnd }, answer) => ({
    answer,
    actions:
      level === 'token'
        ? range(entryEnd - entryStart).map((t) => [entryStart + t, entryStart + t + 1] as const)
        : level === 'step'
          ? batch.steps
              .slice(stepStart, stepEnd)
              .filter((step) => step.entryEnd > step.entryStart)
              .map((step) => [step.entryStart, step.entryEnd] as const)
          : [[entryStart, entryEnd] as const].filter(([from, to]) => to > from),
  }));

/** Sum of rho over the entries from each one to the end of its answer, without history. [M] to be read at state starts. */
const ahead = ({ batch: { responses } }: LossInput, rho: Tensor1D): Tensor1D =>
  withoutHistory(rho, (values) => {
    const width = Math.max(1, ...responses.map(({ entryStart, entryEnd }) => entryEnd - entryStart));
    const grid = responses.flatMap(({ entryStart, entryEnd }) =>
      range(width).map((t): [number, number][] => (entryStart + t < entryEnd ? [[entryStart + t, 1]] : [])),
    );
    const byAnswer = tf.reshape(sparseProduct(sparseMatrix(grid, values.size), values), [
      responses.length,
      width,
    ]) as Tensor2D;
    // A product, because tf.cumsum goes by pow(2, i) on WebGPU, which an adapter may round below the power.
    const [row, column] = [
      tf.reshape(tf.range(0, width), [width, 1]),
      tf.reshape(tf.range(0, width), [1, width]),
    ];
    const later = tf.cast(tf.greaterEqual(row, column), 'float32') as Tensor2D;
    const sums = tf.reshape(tf.matMul(byAnswer, later), [-1]) as Tensor1D; // from the end of each answer
    const back = range(values.size).map((): [number, number][] => []);
    responses.forEach(({ entryStart, entryEnd }, r) => {
      for (let m = entryStart; m < entryEnd; m++) back[m]!.push([r * width + m - entryStart, 1]);
    });
    return sparseProduct(sparseMatrix(back, sums.size), sums);
  });

/** Mean of a value per state over the states of each answer, as rows; of answers without a state nothing. */
export const meanRows = (states: readonly States[], width: number) => {
  let at = 0;
  const rows = states.map(({ actions }) => {
    const own = actions.map((_, k) => [at + k, 1 / actions.length] as const);
    at += actions.length;
    return own;
  });
  return sparseMatrix(rows, width);
};

interface Residuals {
  states: States[];
  /** V - R + beta (what comes from this state on), with gradient through V alone or through this action's rho alone. */
  value: Tensor1D;
  policy: Tensor1D;
}

export const residuals = (input: LossInput, beta: number, level: Level): Residuals => {
  const { tokens, answers, head } = input;
  const states = statesOf(input, level);
  const flat = states.flatMap(({ answer, actions }) =>
    actions.map(([start, end]) => ({ answer, start, end })),
  );
  const rho = tf.sub(tokens.logProb, tokens.refLogProb) as Tensor1D;
  const value = pick(
    head!,
    flat.map(({ start }) => start),
  );
  const reward = pick(
    answers.score,
    flat.map(({ answer }) => answer),
  );
  const onward = pick(
    ahead(input, rho),
    flat.map(({ start }) => start),
  );
  const action = sparseProduct(
    sparseMatrix(
      flat.map(({ start, end }) => range(end - start).map((k) => [start + k, 1] as const)),
      rho.size,
    ),
    rho,
  );
  const base = tf.sub(tf.mul(onward, beta), reward);
  return {
    states,
    value: tf.add(value, base) as Tensor1D, // e of (1)
    // d of (2) has the value of e; action - sg(action) adds nothing but its gradient
    policy: tf.add(tf.add(detach(value), base), tf.mul(tf.sub(action, detach(action)), beta)) as Tensor1D,
  };
};
