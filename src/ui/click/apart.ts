import type { ProbePoint } from '../state';
import type { Trained } from './session';

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** How far the watched pairs of a run moved apart since its start, in nats; undefined before a second probe. */
export const apartOf = (probes: readonly ProbePoint[]): Trained['apart'] => {
  const [first, last] = [probes[0], probes.at(-1)];
  if (!first || !last || first === last) return undefined;
  const moved = last.probe.pairs.flatMap((pair, i) => {
    const before = first.probe.pairs[i];
    const margin = ({ chosen, rejected }: typeof pair) => sum(chosen.logProb) - sum(rejected.logProb);
    return before ? [margin(pair) - margin(before)] : [];
  });
  if (moved.length === 0) return undefined;
  return {
    mean: sum(moved) / moved.length,
    right: moved.filter((by) => by > 0).length,
    of: moved.length,
  };
};
