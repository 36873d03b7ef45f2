import { createRng, type Rng } from '../util/rng';

/** The order of one epoch over `total` trees. @param rng of the run's seed; it is not changed */
export const orderOfEpoch = (rng: Rng, epoch: number, total: number): number[] =>
  rng.fork(`epoch/${epoch}`).shuffle(Array.from({ length: total }, (_, i) => i));

/**
 * The trees of micro-batch `index` (0-based over the whole run): consecutive items of an endless stream in which every
 * epoch is a fresh shuffle. It depends on the seed and the index alone, so a resumed run needs no saved position, and
 * accumulation over two micro-batches takes the same trees as one of twice the size.
 */
export const treesOfBatch = (seed: number, index: number, batchSize: number, total: number): number[] => {
  if (total < 1) throw new Error('There is no tree to train on.');
  const orders = new Map<number, number[]>();
  const orderOf = (epoch: number) => {
    let order = orders.get(epoch);
    if (!order) {
      order = orderOfEpoch(createRng(seed), epoch, total);
      orders.set(epoch, order);
    }
    return order;
  };
  return Array.from({ length: batchSize }, (_, i) => {
    const position = index * batchSize + i;
    return orderOf(Math.floor(position / total))[position % total]!;
  });
};
