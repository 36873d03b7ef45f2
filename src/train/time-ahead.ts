/**
 * How long a run takes beside and with its steps, before it is begun: making pairs, scoring them under the reference,
 * measuring on what is held out. From shapes and two measurements of the device; rough, and meant to tell seconds from hours.
 */
import type { Estimate } from '../../workers/protocol';
import type { RunDocument } from './run-document';
import { treesTaken } from './used-trees';

export interface TimeInput {
  document: RunDocument;
  /** Passes of the method, and the steps of all of them. */
  passes: number;
  allSteps: number;
  /** Frozen models that the trees are scored under: a reference, guides. */
  frozen: number;
  /** Trees there are to train on, where that is known. */
  trees: number | undefined;
  /** The run's trees are there already: it makes none. */
  there?: boolean;
  /** Rows of a file kept from training, where that is known: no more than these are measured on. */
  heldOut?: number | undefined;
  /** Tokens of a tree on average, and those of one answer. */
  treeTokens: number;
  answerTokens: number;
  /** Numbers that a token is multiplied with on its way through the model. */
  numbers: number;
  /** Multiplications and additions per second; undefined when not measured. */
  flops: number | undefined;
  /** Least seconds that one token of a batch of answers took; 0 when none has been written yet. */
  latency: number;
  secondsPerStep: number | undefined;
}

/** Sequences that generation runs side by side. */
const SIDE_BY_SIDE = 256;
/** A token that is sampled costs more than its products: cache, read-back, drawing. Measured 3 to 5, on wasm. */
const BESIDE_SAMPLING = 4;
/** A tree that is only scored, like a step: see `BESIDE_PRODUCTS` of the estimate. */
const BESIDE_SCORING = 1.6;

/**
 * Answers that are sampled to make one tree: not every problem gives one. Measured with the built-in models on medium
 * problems: 9 answers with 4 to a problem, 5.4 with 2; each first mistake is continued, and half an answer is left to write.
 */
const answersPerTree = (params: Readonly<Record<string, unknown>>) => {
  const many = (name: string) => (typeof params[name] === 'number' ? params[name] : 0);
  return 2.4 * many('samples') + 1.4 * 0.5 * many('continuations');
};

/** Evaluations of one pass: at every `every`-th step and at the last. */
const evaluationsOf = ({ steps, evaluation: { every } }: RunDocument) =>
  every > 0 ? Math.ceil(steps / every) : 1;

/** What the run does, in order, and the seconds of all of it; undefined seconds were not measured. */
export const timeAhead = (input: TimeInput): Pick<Estimate, 'ahead' | 'secondsInAll'> => {
  const { document, passes, allSteps, frozen, flops, latency, numbers, secondsPerStep } = input;
  const { data, evaluation } = document;
  const perToken = flops && (2 * numbers) / flops;
  const scored = (tokens: number) => perToken && BESIDE_SCORING * perToken * tokens;
  const written = (answers: number) =>
    perToken &&
    Math.ceil(answers / SIDE_BY_SIDE) *
      input.answerTokens *
      Math.max(latency, Math.min(answers, SIDE_BY_SIDE) * BESIDE_SAMPLING * perToken);
  const ahead: Estimate['ahead'] = [];
  const answers = input.there ? 0 : data.trees * answersPerTree(data.source?.params ?? {});
  if (answers > 0) ahead.push({ what: 'making', count: data.trees, seconds: written(answers) });
  if (frozen > 0) {
    const count = Math.min(treesTaken(document), input.trees ?? Number.POSITIVE_INFINITY);
    ahead.push({ what: 'scoring', count, seconds: scored(frozen * count * input.treeTokens) });
  }
  if (evaluation.problems > 0) {
    const count = 1 + passes * evaluationsOf(document);
    const rows = Math.min(evaluation.problems, input.heldOut ?? Number.POSITIVE_INFINITY);
    const once = data.dataset ? scored(rows * input.treeTokens) : written(evaluation.problems);
    ahead.push({ what: 'measuring', count, seconds: once === undefined ? undefined : count * once });
  }
  const known = secondsPerStep !== undefined && ahead.every(({ seconds }) => seconds !== undefined);
  const beside = ahead.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  return { ahead, secondsInAll: known ? beside + allSteps * secondsPerStep : undefined };
};
