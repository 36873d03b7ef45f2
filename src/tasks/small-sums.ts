import type { Rng } from '../util/rng';
import { isHeldOut } from './held-out';
import type { Sum } from './sums';
import { sumLines, valuesOf } from './sums';
import type { Problem } from './task';

/** Operations of one digit on numbers up to 98: what the talkative and the well-mannered sums are about. */
const one = (rng: Rng, operations: number): Sum => ({
  start: 10 + rng.int(51),
  operations: Array.from({ length: operations }, () => `${rng.pick(['+', '-'])}${1 + rng.int(9)}`),
});

/** A problem of a world of such sums, of the held-out tenth or of the others; its solution is the bare lines. */
export const drawSmallSum = (
  rng: Rng,
  heldOut: boolean,
  kind: { world: string; difficulty: string; operations: readonly [number, number] },
): Problem => {
  const [least, most] = kind.operations;
  for (;;) {
    const sum = one(rng, least + rng.int(most - least + 1));
    const values = valuesOf(sum);
    const question = [sum.start, ...sum.operations].join(',');
    if (values.some((value) => value < 1 || value > 98)) continue;
    if (isHeldOut(`${question}\n`) !== heldOut) continue;
    return {
      id: `${kind.world}/${question}`,
      prompt: `${question}\n`,
      solution: sumLines(sum).join('\n'),
      answer: String(values.at(-1)!),
      difficulty: kind.difficulty,
      data: { start: sum.start, operations: [...sum.operations] },
    };
  }
};
