import type { RopeTable } from '../kernels/rope-table';
import { disposeRopeTable, inverseFrequencies, makeRopeTable } from '../kernels/rope-table';
import type { RopeConfig } from './rope-scaling';
import { scaledFrequencies } from './rope-scaling';

/** Tables kept at a time: one per model in use, and a few of a scaling that changes with the length. */
const KEPT = 4;

const tables = new Map<string, RopeTable>(); // oldest first

/**
 * The table for a forward pass over paths of up to `longest` tokens. The same one from pass to pass, made anew for twice as many
 * positions when paths grow beyond it.
 */
export const ropeTableOf = (config: RopeConfig, longest: number): RopeTable => {
  const scaled = scaledFrequencies(config, longest);
  const invFreq = scaled?.invFreq ?? inverseFrequencies(config.headDim, config.ropeTheta);
  const scale = scaled?.scale ?? 1;
  const key = `${scale} ${invFreq.join()}`;
  const known = tables.get(key);
  if (known && known.positions >= longest) return known;
  if (known) disposeRopeTable(known);
  tables.delete(key);
  const positions = 2 ** Math.ceil(Math.log2(Math.max(64, longest)));
  const table = makeRopeTable(invFreq, positions, scale);
  tables.set(key, table);
  for (const [old, unused] of [...tables].slice(0, -KEPT)) {
    disposeRopeTable(unused);
    tables.delete(old);
  }
  return table;
};
