import type { Order } from '../methods/order';
import { treesOfBatch } from '../train/data-order';
import type { PreferenceTree } from '../tree/tree';
import { createRng } from '../util/rng';

/** Where an epoch whose order was asked for stands: part of a checkpoint, since the policy had a say in it. */
export interface Epoch {
  n: number;
  order: Int32Array;
  /** Trees of it that have been taken. */
  at: number;
}

/** What an order may ask for. */
export interface OrderScores {
  policy(): Promise<Float32Array[]>;
  reference(): Promise<Float32Array[]>;
  frozen(name: string): Promise<Float32Array[]>;
}

/**
 * Which trees come next. Without an order of its own a pass takes a fresh shuffle every epoch, which follows from the seed and
 * needs no memory; with one, each epoch's order is asked for when it begins.
 */
export class RunOrder {
  constructor(
    private readonly seed: number,
    private readonly order: Order | undefined,
    private readonly scores: OrderScores,
    public epoch: Epoch | undefined,
  ) {}

  /** The trees of micro-batch `index` of the pass. Indices are asked for one after another. */
  async next(index: number, batchSize: number, trees: readonly PreferenceTree[]): Promise<PreferenceTree[]> {
    if (!this.order) return treesOfBatch(this.seed, index, batchSize, trees.length).map((i) => trees[i]!);
    const taken: PreferenceTree[] = [];
    while (taken.length < batchSize) {
      let epoch = this.epoch;
      if (!epoch || epoch.at >= epoch.order.length) {
        epoch = await this.begin(this.order, (epoch?.n ?? -1) + 1, trees);
        this.epoch = epoch;
      }
      taken.push(trees[epoch.order[epoch.at]!]!);
      this.epoch = { ...epoch, at: epoch.at + 1 };
    }
    return taken;
  }

  private async begin(order: Order, n: number, trees: readonly PreferenceTree[]): Promise<Epoch> {
    const rng = createRng(this.seed).fork(`order/${n}`);
    const indices = await order.epoch({ epoch: n, trees, rng, ...this.scores });
    if (indices.length === 0) throw new Error(`The order "${order.id}" left no tree for epoch ${n + 1}.`);
    const wrong = indices.find((i) => !(Number.isInteger(i) && i >= 0 && i < trees.length));
    if (wrong !== undefined || new Set(indices).size < indices.length) {
      throw new Error(
        `The order "${order.id}" names ${wrong === undefined ? 'a tree twice' : `tree ${wrong} of ${trees.length}`} in epoch ${n + 1}.`,
      );
    }
    return { n, order: Int32Array.from(indices), at: 0 };
  }
}
