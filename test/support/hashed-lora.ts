import type { HostWeights } from '../../src/model/host-weights';
import type { LinearModules } from '../../src/model/lora';
import { loraShapes } from '../../src/model/lora';

/** Number k of lora_A number `index`, before it is scaled: in [-1, 1), from a hash. */
const hashed = (index: number, k: number): number => {
  let h = (k + Math.imul(0x9e3779b9, index + 1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
};

/** The adapter that scripts/real-model/train_oracle.py begins with, on every linear module: A hashed, B zero. */
export const hashedLora = (modules: LinearModules, rank: number): HostWeights => {
  let index = 0;
  return new Map(
    [...loraShapes(modules, { rank, targetModules: ['all-linear'] })].map(([name, shape]) => {
      const data = new Float32Array(shape[0]! * shape[1]!);
      if (name.endsWith('.lora_A.weight')) {
        const scale = Math.sqrt(shape[1]!);
        for (let k = 0; k < data.length; k++) data[k] = hashed(index, k) / scale;
        index++;
      }
      return [name, { shape, data }];
    }),
  );
};
