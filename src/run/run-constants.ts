import type { Frozen, Head } from '../methods/objective';
import type { Blend, Pass, PassId } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import { scoreTrees } from '../train/score';
import type { TreeNumbers } from '../train/tree-numbers';
import type { PreferenceTree } from '../tree/tree';
import { sha256Hex } from '../util/hash';
import { yieldToMessages } from '../util/mutex';
import { checkScores } from './diverged';
import type { RunContext } from './run-context';
import type { LentNetwork, RunWeights } from './run-weights';

/** Trees that a frozen model scores between two looks at whether a pause was asked for. */
const SLICE = 256;

/** One frozen model of the present pass, and what is known of it. */
interface Known {
  label: string;
  read: Frozen['read'];
  head: Head | undefined;
  /** Content hash of the model. */
  hash: string;
  lend(): Promise<LentNetwork>;
  byTree: Map<string, Float32Array>;
}

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
    const models: [string, Frozen][] = Object.entries(reads.frozen ?? {});
    if (reads.reference) models.unshift(['reference', { model: pass.reference ?? 'start', read: 'logProb' }]);
    const before = [...this.known.values()];
    const next = new Map<string, Known>();
    for (const [name, { model, read }] of models) {
      const moved = name === 'reference' ? following : undefined;
      const hash = moved?.hash ?? (await this.weights.hashOf(model, hashes));
      const head = read === 'head' ? this.headOf(model) : undefined;
      next.set(name, {
        label: name === 'reference' ? 'the reference' : this.labelOf(name, model),
        read,
        head,
        hash,
        lend: moved ? async () => this.weights.lendWeights(moved.weights) : () => this.weights.lend(model),
        byTree: before.find((k) => k.hash === hash && k.read === read)?.byTree ?? new Map(),
      });
    }
    this.known = next;
  }

  private labelOf(name: string, model: Blend): string {
    return (typeof model === 'string' && this.passes.find(({ id }) => id === model)?.label) || name;
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
  }

  get needed(): boolean {
    return this.known.size > 0;
  }

  numbers(): Record<string, TreeNumbers> {
    return Object.fromEntries([...this.known].map(([name, { read, byTree }]) => [name, { read, byTree }]));
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

  private async ensureOne(known: Known, trees: readonly PreferenceTree[], preparing: boolean) {
    const { store, setPhase, pausePoint, keep, emit, between, onDevice } = this.ctx;
    const open = [...new Map(trees.map((tree) => [tree.id, tree])).values()].filter(
      ({ id }) => !known.byTree.has(id),
    );
    if (open.length === 0) return;
    if (preparing) setPhase('scoring', `Scoring the data under ${known.label}.`);
    const keys = await Promise.all(open.map((tree) => this.keyOf(known, tree)));
    const cached = await store.getReferences(keys);
    const missing: { tree: PreferenceTree; key: string }[] = [];
    open.forEach((tree, i) => {
      const values = cached[i];
      if (values) known.byTree.set(tree.id, values);
      else missing.push({ tree, key: keys[i]! });
    });
    if (missing.length === 0) return;
    const lent = await onDevice(() => known.lend());
    try {
      // In slices, each stored when it is done: a pause need not wait for all, and loses no more than one.
      for (let at = 0; at < missing.length; at += SLICE) {
        if (preparing) pausePoint();
        const slice = missing.slice(at, at + SLICE);
        const report = async (done: number) => {
          if (!preparing) return yieldToMessages();
          const note = `under ${known.label}`;
          emit({ kind: 'progress', phase: 'scoring', done: at + done, total: missing.length, note });
          await between();
        };
        const own = slice.map(({ tree }) => tree);
        const { eos } = this.ctx.model.tokenizer;
        const fresh = await onDevice(() => scoreTrees(lent.network, own, report, { ...known, eos }));
        checkScores(fresh, known.label);
        const stored = new Map<string, Float32Array>();
        for (const { tree, key } of slice) {
          const values = fresh.get(tree.id)!;
          known.byTree.set(tree.id, values);
          stored.set(key, values);
        }
        await keep(() => store.putReferences(stored));
      }
    } finally {
      lent.dispose();
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
    const stored = new Map<string, Float32Array>();
    for (const tree of trees) {
      const values = numbers[tree.id];
      if (values) stored.set(await this.keyOf({ hash, read: 'logProb', head: undefined }, tree), values);
    }
    await this.ctx.keep(() => this.ctx.store.putReferences(stored));
    return hash;
  }
}
