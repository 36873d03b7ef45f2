import type { Blend, Pass, PassId } from '../methods/pass';
import { ownSource, treesOf } from '../methods/pass';

/** The passes of a method do not fit together. A fault of the method's file, found before anything runs. */
export class PassError extends Error {
  override name = 'PassError';
}

/** The passes that a blend takes weights from. */
export const passesIn = (blend: Blend | undefined): PassId[] => {
  if (blend === undefined || blend === 'start') return [];
  return typeof blend === 'string' ? [blend] : blend.flatMap(([, part]) => passesIn(part));
};

const judgesOf = ({ objective: { reads } }: Pass): PassId[] =>
  reads.latents?.entry === 'transition' && reads.latents.judge !== undefined ? [reads.latents.judge] : [];

interface Named {
  id: PassId;
  as: string;
}

/** Every earlier pass whose weights a pass needs, and as what. */
const weightsNamedBy = (pass: Pass): Named[] => [
  ...passesIn(pass.from).map((id) => ({ id, as: 'its initial weights' })),
  ...passesIn(pass.reference).map((id) => ({ id, as: 'its reference' })),
  ...Object.entries(pass.objective.reads.frozen ?? {}).flatMap(([name, { model }]) =>
    passesIn(model).map((id) => ({ id, as: `"${name}"` })),
  ),
  ...Object.values(pass.order?.frozen ?? {})
    .flatMap(passesIn)
    .map((id) => ({ id, as: 'a model of its order' })),
  ...(ownSource(pass)?.models ?? []).flatMap(passesIn).map((id) => ({ id, as: 'a model of its source' })),
  ...judgesOf(pass).map((id) => ({ id, as: 'what prefers its next states' })),
];

const namedBy = (pass: Pass): Named[] => {
  const maker = treesOf(pass);
  return [
    ...weightsNamedBy(pass),
    ...(maker === undefined ? [] : [{ id: maker, as: 'the maker of its trees' }]),
  ];
};

/** What is wrong with a pass by itself, in words that follow its name; undefined when nothing is. */
const problemOf = (
  { share, refresh, replay, objective, goesOn, from, order, average }: Pass,
  passes: readonly Pass[],
  first: boolean,
): string | undefined => {
  const { reads } = objective;
  if (goesOn) {
    if (first) return 'goes on from the pass before it, and is the first';
    if (from !== undefined) return 'goes on from the pass before it, and names other weights to begin with';
    if (refresh || order || reads.head || average) {
      return 'goes on from the pass before it, which is for plain steps: without an order, a head, an average or a moving reference of its own';
    }
  }
  if (share !== undefined && !(share > 0 && share <= 10)) {
    return `takes ${share} times the steps; a share is above 0 and at most 10`;
  }
  if (replay !== undefined && !(replay >= 0 && replay < 1)) {
    return `takes ${replay} of its trees from the run's own; that share is at least 0 and below 1`;
  }
  if (average && reads.head) return 'returns the average of its weights, and trains a head, which has none';
  if (average && !(average.decay >= 0 && average.decay < 1)) {
    return `keeps ${average.decay} of the average of its weights; use a share of at least 0 and below 1`;
  }
  if (refresh) {
    if (!reads.reference) return 'has a reference that follows the policy, and its objective reads none';
    if (!(Number.isInteger(refresh.every) && refresh.every > 0)) {
      return `moves its reference every ${refresh.every} steps; use a whole number above 0`;
    }
    if (!(refresh.mix > 0 && refresh.mix <= 1)) {
      return `mixes ${refresh.mix} of the policy into its reference; use a share above 0 and at most 1`;
    }
  }
  for (const [name, { model, read }] of Object.entries(reads.frozen ?? {})) {
    if (name === 'reference')
      return 'calls a frozen model "reference", which is what `reads.reference` gives';
    if (read !== 'head') continue;
    const maker = passes.find(({ id }) => id === model);
    if (!maker?.objective.reads.head) {
      return `reads a head of "${name}", which is ${maker ? `pass "${maker.id}", and that trains none` : 'no single pass'}`;
    }
  }
  return undefined;
};

/**
 * Checks a method's list of passes: ids differ, and a pass names only earlier ones.
 * @param result what the run returns
 * @throws PassError naming the pass and what it names
 */
export const checkPasses = (method: string, passes: readonly Pass[], result?: Blend): void => {
  const refuse = (message: string): never => {
    throw new PassError(`${method}: ${message}`);
  };
  if (passes.length === 0) refuse('has no passes');
  const done = new Set<PassId>();
  for (const pass of passes) {
    if (pass.id === 'start')
      refuse('a pass cannot be called "start": that names the weights that the run begins with');
    if (done.has(pass.id)) refuse(`two passes are called "${pass.id}"`);
    for (const { id, as } of namedBy(pass)) {
      if (done.has(id)) continue;
      const later = passes.some((other) => other.id === id);
      refuse(
        `pass "${pass.id}" names "${id}" as ${as}, ${later ? 'which comes later' : 'and there is no such pass'}; a pass may name only earlier ones`,
      );
    }
    const problem = problemOf(pass, passes, done.size === 0);
    if (problem) refuse(`pass "${pass.id}" ${problem}`);
    done.add(pass.id);
  }
  for (const id of passesIn(result)) {
    if (!done.has(id)) refuse(`the result names "${id}", and there is no such pass`);
  }
};

/** Whether the weights that pass `index` ended with are needed by a later one, or by the result. */
export const keptAfter = (passes: readonly Pass[], index: number, result?: Blend): boolean => {
  const { id } = passes[index]!;
  const later = passes.slice(index + 1).flatMap(weightsNamedBy);
  return passesIn(result).includes(id) || later.some((named) => named.id === id);
};

/** The steps of the passes that a pass goes on from, and of all that go on from one another with it. */
export const stretchOf = (
  passes: readonly Pass[],
  pass: Pass,
  steps: number,
): { before: number; all: number } => {
  const at = passes.indexOf(pass);
  let first = at;
  while (first > 0 && passes[first]!.goesOn) first--;
  let end = at + 1;
  while (passes[end]?.goesOn) end++;
  const sum = (list: readonly Pass[]) => list.reduce((total, own) => total + stepsOf(own, steps), 0);
  return { before: sum(passes.slice(first, at)), all: sum(passes.slice(first, end)) };
};

/** Optimiser steps of a pass, of those that the document gives. */
export const stepsOf = ({ share = 1 }: Pass, steps: number): number => Math.max(1, Math.round(share * steps));
