import type { Scalar } from '../tf';
import { tf } from '../tf';
import type { LossOutput, Objective, Reads } from './objective';

/** Terms of a sum by name, each with its weight. */
type Terms = Readonly<Record<string, readonly [weight: number, objective: Objective]>>;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Everything that one of the terms reads. @throws when two of them need different things under one name */
const readsOf = (terms: Terms): Reads => {
  const all: Record<string, unknown> = {};
  const frozen: Record<string, unknown> = {};
  const put = (into: Record<string, unknown>, key: string, value: unknown, term: string, what: string) => {
    if (into[key] !== undefined && !same(into[key], value)) {
      throw new Error(`weightedSum: "${term}" reads another ${what} than the terms before it.`);
    }
    into[key] = value;
  };
  for (const [term, [, { reads }]] of Object.entries(terms)) {
    for (const [key, value] of Object.entries(reads)) {
      if (key === 'frozen') {
        for (const [name, model] of Object.entries(reads.frozen!)) {
          put(frozen, name, model, term, `frozen model "${name}"`);
        }
      } else if (Array.isArray(value)) {
        all[key] = [...new Set([...((all[key] as string[] | undefined) ?? []), ...value])];
      } else {
        put(all, key, value, term, key);
      }
    }
  }
  return Object.keys(frozen).length > 0 ? { ...all, frozen: frozen as Reads['frozen'] & {} } : all;
};

/** Per-token coefficients lie on the batch, so that all terms have the same. @throws when they do not */
const coefficientsOf = (terms: Terms): Objective['coefficients'] => {
  const [[first, [, { coefficients }]], ...others] = Object.entries(terms) as [
    [string, Terms[string]],
    ...[string, Terms[string]][],
  ];
  for (const [term, [, objective]] of others) {
    if (objective.coefficients === coefficients) continue;
    throw new Error(
      `weightedSum: "${first}" and "${term}" sum tokens with different coefficients; a batch has one set of them.`,
    );
  }
  return coefficients;
};

const sumOf = (outputs: readonly (readonly [string, number, LossOutput])[]): LossOutput => {
  const [first, , { over }] = outputs[0]!;
  for (const [term, , output] of outputs) {
    if (output.over === over) continue;
    throw new Error(
      `weightedSum: "${first}" is a mean over ${over} and "${term}" over ${output.over}; terms have to be means over the same.`,
    );
  }
  const weighed = outputs.map(([, weight, { loss }]) => (weight === 1 ? loss : tf.mul(loss, weight)));
  const rewards = outputs.find(([, , output]) => output.rewards)?.[2].rewards;
  return {
    loss: weighed.reduce((sum, part) => tf.add(sum, part)) as Scalar,
    over,
    ...(rewards && { rewards }),
    aux: Object.assign(
      {},
      ...outputs.map(([, , { aux }]) => aux),
      ...outputs.map(([term, , { loss }]) => ({ [`loss/${term}`]: loss })),
    ),
  };
};

/**
 * A weighted sum of losses on the same batch: TRL's list of loss types. A term of weight 0 costs nothing. Each term's own
 * loss is logged as `loss/<name>`. Rewards, and their scale, are those of the first term that has any.
 * @throws Error when no weight is above 0, or when terms cannot share a batch: they read different heads, divergences or
 *   frozen models under one name, or sum tokens with different coefficients
 */
export const weightedSum = (terms: Terms): Objective => {
  const live: Terms = Object.fromEntries(Object.entries(terms).filter(([, [weight]]) => weight !== 0));
  const entries = Object.entries(live);
  if (entries.length === 0) throw new Error('weightedSum: every weight is 0; there is nothing to learn.');
  const coefficients = coefficientsOf(live);
  const rewardScale = entries.find(([, [, objective]]) => objective.rewardScale !== undefined)?.[1][1]
    .rewardScale;
  return {
    reads: readsOf(live),
    ...(rewardScale !== undefined && { rewardScale }),
    ...(coefficients && { coefficients }),
    loss: (input) =>
      sumOf(entries.map(([term, [weight, objective]]) => [term, weight, objective.loss(input)] as const)),
  };
};
