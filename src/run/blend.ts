import type { Blend } from '../methods/pass';
import { splitHeads } from '../model/heads';
import type { HostWeights } from '../model/host-weights';
import { sha256Hex } from '../util/hash';

type Parts = readonly (readonly [number, string])[];

/** A blend as a list of weighted parts. */
const partsOf = (blend: Blend): Parts => (typeof blend === 'string' ? [[1, blend]] : blend);

/** Content hash of a blend, from the hashes of its parts. One part with factor 1 is that part. */
export const blendHash = async (blend: Blend, hashOf: (part: string) => string): Promise<string> => {
  const parts = partsOf(blend);
  if (parts.length === 1 && parts[0]![0] === 1) return hashOf(parts[0]![1]);
  return sha256Hex([JSON.stringify(parts.map(([factor, part]) => [factor, hashOf(part)]))]);
};

/**
 * The weighted sum of full sets of weights, in float64.
 * @throws when the parts have not the same tensors
 */
export const sumWeights = (parts: readonly (readonly [number, HostWeights])[]): HostWeights => {
  const [[, first]] = parts as [readonly [number, HostWeights]];
  const names = [...first.keys()];
  return new Map(
    names.map((name) => {
      const { shape } = first.get(name)!;
      const data = new Float32Array(first.get(name)!.data.length);
      const total = new Float64Array(data.length);
      for (const [factor, weights] of parts) {
        const own = weights.get(name);
        if (!own || own.data.length !== data.length) {
          throw new Error(
            `The weights to be blended have not all a tensor "${name}" of ${shape.join(' x ')}.`,
          );
        }
        for (let i = 0; i < data.length; i++) total[i]! += factor * own.data[i]!;
      }
      data.set(total);
      return [name, { shape: shape.slice(), data }];
    }),
  );
};

type Sum = (parts: readonly (readonly [number, HostWeights])[]) => HostWeights;

/**
 * A sum that takes heads along: those that every part has are added number by number, others are left out, and a pass that
 * trains one begins with it at 0.
 * @param sum of the other weights
 */
export const withHeads =
  (sum: Sum): Sum =>
  (parts) => {
    const split = parts.map(([factor, weights]) => [factor, splitHeads(weights)] as const);
    const shared = [...split[0]![1].heads.keys()].filter((name) =>
      split.every(([, { heads }]) => heads.has(name)),
    );
    const pick = (heads: HostWeights): HostWeights => new Map(shared.map((name) => [name, heads.get(name)!]));
    return new Map([
      ...sum(split.map(([factor, { own }]) => [factor, own])),
      ...sumWeights(split.map(([factor, { heads }]) => [factor, pick(heads)])),
    ]);
  };

/**
 * The weights of a blend.
 * @param weightsOf of one part
 * @param sum how several are added: `sumWeights`, or for adapters their product's sum
 */
export const blendWeights = async (
  blend: Blend,
  weightsOf: (part: string) => Promise<HostWeights>,
  sum: Sum,
): Promise<HostWeights> => {
  const parts = partsOf(blend);
  if (parts.length === 1 && parts[0]![0] === 1) return weightsOf(parts[0]![1]);
  const loaded: (readonly [number, HostWeights])[] = [];
  for (const [factor, part] of parts) loaded.push([factor, await weightsOf(part)]);
  return sum(loaded);
};
