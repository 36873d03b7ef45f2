import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treesOfBatch } from '../../../src/train/data-order';
import { treesUsed } from '../../../src/train/used-trees';

describe('the trees that a run uses', () => {
  it('are those that its batches take, no more and no fewer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_294_967_295 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 400 }),
        (seed, steps, batchSize, accumulate, total) => {
          const taken = new Set<number>();
          for (let i = 0; i < steps * accumulate; i++)
            for (const tree of treesOfBatch(seed, i, batchSize, total)) taken.add(tree);
          expect(treesUsed({ seed, steps, batchSize, accumulate }, total)).toEqual(
            [...taken].sort((a, b) => a - b),
          );
        },
      ),
    );
  });
});
