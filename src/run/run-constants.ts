import type { Head } from '../methods/objective';
import type { Blend, Pass, PassId } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import { scoreTrees } from '../train/score';
import type { FrozenReading, TreeNumbers } from '../train/tree-numbers';
import type { PreferenceTree } from '../tree/tree';
import { sha256Hex } from '../util/hash';
import { yieldToMessages } from '../util/mutex';
import { checkScores } from './diverged';
import { forget } from './forget';
import type { RunContext } from './run-context';
import type { LentNetwork, RunWeights } from './run-weights';

/** Trees that a frozen model scores between two looks at whether a pause was asked for; fewer where each has many numbers. */
const SLICE = 256;
const STATES_SLICE = 32;

/** Bytes of hidden states that stay in memory beside those of the trees at hand; the rest are read from the store again. */
const MAX_STATES = 256 * 2 ** 20;

/** One frozen model of the present pass, and what is known of it. */
interface Known {
  label: string;
  read: FrozenReading;
  head: Head | undefined;
  /** Content hash of the model. */
  hash: string;
  /** Trained weights, on the host. */
  weights(): Promise<HostWeights>;
  lend(): Promise<LentNetwork>;
  byTree: Map<string, Float32Array>;
}

/** The name under which the reference's hidden states are known; no objective can name it. */
const STATES = 'reference/hidden';

/** The name under which a model that the pass's order reads is known: no objective can give it. */
export const ordering = (name: string): string => `order/${name}`;

/** A tree that a frozen model has not scored, and under which key its numbers will be stored. */
interface Missing {
  tree: PreferenceTree;
  key: string;
}

const alike = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What a reference that follows the policy is made of: its weights, and their hash. */
export interface Following {
  hash: string;
  weights: HostWeights;
}

/**
 * The numbers of the frozen models that a pass's objective reads: reference, guide, reward model, earlier policies. Each model
 * is evaluated over the trees when they are asked for, and its numbers are kept by content: model, what was read, tree, device.
 */
export class RunConstants {
  private known = new Map<string, Known>();
  /** Numbers of models that are no more, by the hash that stands for each. */
  private readonly adopted = new Map<string, Map<string, Float32Array>>();

  constructor(
    private readonly ctx: RunContext,
    private readonly weights: RunWeights,
    private readonly passes: readonly Pass[],
  ) {}

  /**
   * Turns to a pass: what was known of models that it reads too stays.
   * @param hashes of the weights that earlier passes ended with
   * @param following the reference, where it has left the one that the pass began with
   */
  async turnTo(pass: Pass, hashes: Readonly<Record<PassId, string>>, following?: Following) {
    const { reads } = pass.objective;
    const models: [string, { model: Blend; read: FrozenReading }][] = Object.entries(reads.frozen ?? {});
    for (const [name, model] of Object.entries(pass.order?.frozen ?? {}))
      models.push([ordering(name), { model, read: 'logProb' }]);
    const reference = pass.reference ?? 'start';
    if (reads.kl) models.unshift([STATES, { model: reference, read: 'hidden' }]);
    if (reads.reference) models.unshift(['reference', { model: reference, read: 'logProb' }]);
    const before = [...this.known.values()];
    const next = new Map<string, Known>();
    for (const [name, { model, read }] of models) {
      const isReference = name === 'reference' || name === STATES;
      const moved = isReference ? following : undefined;
      const hash = moved?.hash ?? (await this.weights.hashOf(model, hashes));
      const head = read === 'head' ? this.headOf(model) : undefined;
      next.set(name, {
        label: isReference ? 'the reference' : this.labelOf(name, model),
        read,
        head,
        hash,
        weights: async () => moved?.weights ?? this.weights.of(model),
        lend: moved ? async () => this.weights.lendWeights(moved.weights) : () => this.weights.lend(model),
        byTree:
          before.find((k) => k.hash === hash && alike([k.read, k.head], [read, head]))?.byTree ??
          this.adopted.get(hash) ??
          new Map(),
      });
    }
    this.known = next;
  }

  private labelOf(name: string, model: Blend): string {
    const label = this.passes.find(({ id }) => id === model)?.label;
    return label ?? (model === 'start' ? 'the model at the start' : name);
  }

  private headOf(model: Blend): Head {
    const pass = this.passes.find(({ id }) => id === model);
    const head = pass?.objective.reads.head;
    if (!head) throw new Error(`"${String(model)}" has no head, and a later pass reads one.`);
    return head;
  }

  /**
   * Scores the trees that are not scored yet.
   * @param preparing the run waits for it: it is announced, and may be paused or stopped
   */
  async ensure(trees: readonly PreferenceTree[], { preparing = false } = {}): Promise<void> {
    for (const known of this.known.values()) await this.ensureOne(known, trees, preparing);
    await this.weights.holdReferenceHead(this.known.get(STATES), (f) => this.ctx.onDevice(f));
  }

  get needed(): boolean {
    return this.known.size > 0;
  }

  /** What is known of a model by name: an objective's, or an order's by `ordering`. */
  numbersOf(name: string): TreeNumbers | undefined {
    return this.known.get(name);
  }

  /** What the objective reads, by name. */
  numbers(): Record<string, TreeNumbers> {
    const named = [...this.known].filter(([name]) => name !== STATES && !name.startsWith(ordering('')));
    return Object.fromEntries(named.map(([name, { read, byTree }]) => [name, { read, byTree }]));
  }

  /** The reference's final hidden states, where the pass reads the divergence from it. */
  referenceStates(): TreeNumbers | undefined {
    return this.known.get(STATES);
  }

  private keyOf({ hash, read, head }: Pick<Known, 'hash' | 'read' | 'head'>, tree: PreferenceTree) {
    const { backend } = this.ctx;
    const kind = read === 'logProb' ? [] : [JSON.stringify([read, head])];
    return sha256Hex([
      hash,
      backend.name,
      backend.adapter,
      JSON.stringify([tree.nodes, tree.responses]),
      ...kind,
    ]);
  }

  /** Takes over what is stored. @returns the others */
  private async readStored(known: Known, trees: readonly PreferenceTree[]): Promise<Missing[]> {
    // Numbers of images are as soon computed as found, and those of one visit would never be found again.
    if (this.ctx.medium) return trees.map((tree) => ({ tree, key: '' }));
    const keys = await Promise.all(trees.map((tree) => this.keyOf(known, tree)));
    const stored = await this.ctx.store.getReferences(keys);
    return trees.flatMap((tree, i) => {
      const values = stored[i];
      if (values) known.byTree.set(tree.id, values);
      return values ? [] : [{ tree, key: keys[i]! }];
    });
  }

  private async scoreSlice(
    known: Known,
    { network }: LentNetwork,
    missing: readonly Missing[],
    report: (done: number) => Promise<void>,
  ) {
    const { store, keep, onDevice, model, medium } = this.ctx;
    const trees = missing.map(({ tree }) => tree);
    const fresh = await onDevice(() =>
      medium
        ? medium.read(network, trees, report)
        : scoreTrees(network, trees, report, { ...known, eos: model.tokenizer.eos }),
    );
    checkScores(fresh, known.label);
    const stored = new Map<string, Float32Array>();
    for (const { tree, key } of missing) {
      const values = fresh.get(tree.id)!;
      known.byTree.set(tree.id, values);
      if (!medium) stored.set(key, values);
    }
    if (stored.size > 0) await keep(() => store.putReferences(stored));
  }

  /** Forgets the numbers of trees that no later step takes: those of a visit that is over. */
  forgetVisit(trees: readonly PreferenceTree[]) {
    for (const { byTree } of this.known.values()) for (const { id } of trees) byTree.delete(id);
  }

  private async ensureOne(known: Known, trees: readonly PreferenceTree[], preparing: boolean) {
    const { setPhase, pausePoint, emit, between, onDevice } = this.ctx;
    const open = [...new Map(trees.map((tree) => [tree.id, tree])).values()].filter(
      ({ id }) => !known.byTree.has(id),
    );
    if (open.length === 0) return;
    if (preparing) setPhase('scoring', `Scoring the data under ${known.label}.`);
    const states = known.read === 'hidden';
    const size = states ? STATES_SLICE : SLICE;
    const atHand = preparing ? new Set<string>() : new Set(trees.map(({ id }) => id));
    let lent: LentNetwork | undefined;
    try {
      // In slices, each stored when it is done: a pause need not wait for all, and loses no more than one.
      for (let first = 0; first < open.length; first += size) {
        const missing = await this.readStored(known, open.slice(first, first + size));
        if (missing.length > 0) {
          if (preparing) pausePoint();
          const report = async (done: number) => {
            if (!preparing) return yieldToMessages();
            const note = `under ${known.label}`;
            emit({ kind: 'progress', phase: 'scoring', done: first + done, total: open.length, note });
            await between();
          };
          lent ??= await onDevice(() => known.lend());
          await this.scoreSlice(known, lent, missing, report);
        }
        if (states) forget(known.byTree, MAX_STATES, atHand);
      }
    } finally {
      lent?.dispose();
    }
  }

  /**
   * Takes over numbers that an earlier version kept in the checkpoint itself, so that the model is not needed.
   * @returns a hash to stand for that model
   */
  async adopt(
    numbers: Readonly<Record<string, Float32Array>>,
    trees: readonly PreferenceTree[],
  ): Promise<string> {
    const entries = Object.entries(numbers);
    const hash = await sha256Hex(entries.flat());
    this.adopted.set(hash, new Map(entries));
    const stored = new Map<string, Float32Array>();
    for (const tree of trees) {
      const values = numbers[tree.id];
      if (values) stored.set(await this.keyOf({ hash, read: 'logProb', head: undefined }, tree), values);
    }
    await this.ctx.keep(() => this.ctx.store.putReferences(stored));
    return hash;
  }
}
