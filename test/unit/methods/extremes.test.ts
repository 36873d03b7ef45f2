import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import { initBackend, tf } from '../../../src/tf';
import type { LossResult } from '../../../src/train/loss-case/compute-loss';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import type { CaseShape } from '../../support/loss-cases';
import { wholeCase } from '../../support/loss-cases';

beforeAll(async () => {
  await initBackend('cpu');
});

const numbersOf = ({ loss, gradient, metrics }: LossResult): number[] => [
  loss,
  ...Object.values(metrics),
  ...gradient.flat(2).flatMap((step) => Object.values(step).flat() as number[]),
];

/** One role an answer, for methods that ask for it. */
const pairs = [
  [
    [2, 3],
    [1, 2, 2],
  ],
  [[3], [1, 1]],
];

const shapes: [string, CaseShape][] = [
  ['ordinary log-probs', {}],
  ['certain tokens', { policy: [-1e-7, -1e-7], reference: -1e-7 }],
  ['hopeless tokens', { policy: [-40, -40], reference: -40 }],
  [
    'margins of 1e3',
    {
      steps: [
        [[25], [25]],
        [[25], [25]],
      ],
      policy: [-1e-7, -40],
      reference: -20,
    },
  ],
  [
    'margins of -1e3',
    {
      steps: [
        [[25], [25]],
        [[25], [25]],
      ],
      policy: [-40, -1e-7],
      reference: -20,
    },
  ],
  ['answers of one token', { steps: [[[1], [1]]] }],
  [
    'a step without tokens',
    {
      steps: [
        [
          [0, 2],
          [1, 0],
        ],
        [[1], [2]],
      ],
    },
  ],
  [
    'an answer without tokens',
    {
      steps: [
        [[0], [2]],
        [[1], [0]],
      ],
    },
  ],
];

describe.each(methods.map((m) => [m.id] as const))('%s', (id) => {
  it.each(shapes)('is finite at %s, and leaves no tensor behind', async (_name, shape) => {
    const before = tf.memory().numTensors;
    const result = await computeLoss(wholeCase(id, { steps: pairs, ...shape }));
    expect(numbersOf(result).filter((x) => !Number.isFinite(x))).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
