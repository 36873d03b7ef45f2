import type { Tensor } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { useHost } from './op';

const ownOf = (parameters: ReadonlyMap<string, Tensor>, name: string): Tensor => {
  const tensor = parameters.get(name);
  if (!tensor) throw new Error(`The average has "${name}", and the parameters have not.`);
  return tensor;
};

/** keep * before + (1 - keep) * now, in one go over memory. */
const mixHost = (before: Tensor, now: Tensor, keep: number): Tensor => {
  const info = makeHostInfo(before.shape);
  const [a, b, next] = [hostFloats(before), hostFloats(now), hostFloats(info)];
  for (let i = 0; i < next.length; i++) next[i] = keep * a[i]! + (1 - keep) * b[i]!;
  return toTensor(info);
};

const mixPlain = (before: Tensor, now: Tensor, keep: number): Tensor =>
  tf.tidy(() => tf.add(tf.mul(before, keep), tf.mul(now, 1 - keep)));

/**
 * A moving average of weights: average = keep * average + (1 - keep) * parameters, name by name. The map's entries are replaced by new,
 * kept tensors and the old ones disposed.
 * @param average tensors of its own, as many and as large as the parameters
 * @throws Error naming a parameter that is missing
 */
export const stepAverage = (
  average: Map<string, Tensor>,
  parameters: ReadonlyMap<string, Tensor>,
  keep: number,
) => {
  const mix = useHost() ? mixHost : mixPlain;
  for (const [name, before] of average) {
    average.set(name, tf.keep(mix(before, ownOf(parameters, name), keep)));
    before.dispose();
  }
};
