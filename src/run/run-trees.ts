import type { DatasetReport } from '../data/prepare/report';
import type { Params } from '../methods/params';
import { defaultParams } from '../methods/params';
import type { Pass } from '../methods/pass';
import { generate } from '../model/generate';
import type { Network } from '../model/network';
import { sources } from '../sources/index';
import type { Source } from '../sources/source';
import { madeTrees } from '../train/made-trees';
import type { PreferenceTree } from '../tree/tree';
import { validateTree } from '../tree/validate';
import { yieldToMessages } from '../util/mutex';
import type { Rng } from '../util/rng';
import { createRng } from '../util/rng';
import type { RunContext, RunDataset } from './run-context';
import type { Recipe } from './tree-key';
import { madeTreesKey, treeKey } from './tree-key';

/** Trees of a dataset that are sent to the page by themselves. */
const TREES_SENT = 300;

/** Trees of the run itself, whatever pass trains on them first. */
const RUN = 'run';

/** A collection under way: it may be paused, and goes on where it was. */
interface Collection {
  trees: PreferenceTree[];
  generator: AsyncGenerator<PreferenceTree>;
}

/** What a source needs to make trees for a pass. */
interface Making {
  /** 'run', or the pass that has trees of its own. */
  owner: string;
  source: Source;
  params: Params;
  /** Hash of the weights that answer. */
  policyHash: string;
  policy: () => Network;
}

/**
 * The trees that a run trains on: its own, from its source or its dataset, and those that a pass makes for itself. Made trees
 * are stored under a key of their source, its parameters, the policy and the seed, so that other runs find them.
 */
export class RunTrees {
  private readonly made = new Map<string, PreferenceTree[]>();
  private collection: { owner: string; running: Collection } | undefined;
  /** Rows of a dataset that are kept from training. */
  heldOut: PreferenceTree[] = [];
  report: DatasetReport | undefined;

  /** @param keys where stored trees lie, by owner; of a run that goes on */
  constructor(
    private readonly ctx: RunContext,
    readonly keys: Record<string, string>,
  ) {}

  /** The trees of a pass that are there; those of the run before any have been made. */
  of(pass: Pass): PreferenceTree[] {
    return this.made.get(this.ownerOf(pass)) ?? [];
  }

  /** How many trees there are of those that are being made, or of the run's. */
  get underWay(): number {
    return this.collection?.running.trees.length ?? this.made.get(RUN)?.length ?? 0;
  }

  has(pass: Pass): boolean {
    return this.made.has(this.ownerOf(pass));
  }

  private ownerOf({ id, trees }: Pass): string {
    if (!trees) return RUN;
    return 'of' in trees ? trees.of : id;
  }

  /** Reads back what is stored of a run that goes on. */
  async restore() {
    if (this.ctx.dataset) await this.read(this.ctx.dataset);
    for (const [owner, key] of Object.entries(this.keys)) {
      const trees = key ? await this.ctx.store.getDataset(key) : undefined;
      if (trees) this.made.set(owner, trees);
    }
  }

  /** Makes what a pass trains on, unless it is there. */
  async prepare(pass: Pass, policyHash: string, policy: () => Network): Promise<void> {
    const own = pass.trees && !('of' in pass.trees) ? pass.trees : undefined;
    const needsRun = !own || (pass.replay ?? 0) > 0;
    if (needsRun && !this.made.has(RUN)) {
      if (this.ctx.dataset) await this.read(this.ctx.dataset);
      else await this.make({ owner: RUN, ...this.chosenSource(), policyHash, policy });
    }
    if (!own || this.made.has(pass.id)) return;
    await this.make({ owner: pass.id, source: own, params: defaultParams(own), policyHash, policy });
    if (pass.replay) this.made.set(pass.id, this.mixed(this.made.get(pass.id)!, pass.replay));
  }

  /** The trees with as many of the run's own beside them as make up `share` of all. */
  private mixed(trees: PreferenceTree[], share: number): PreferenceTree[] {
    const wanted = Math.round((share / (1 - share)) * trees.length);
    return [...trees, ...this.made.get(RUN)!.slice(0, wanted)];
  }

  private chosenSource(): { source: Source; params: Params } {
    const { document, method } = this.ctx;
    const { source: chosen } = document.data;
    const source =
      method.sources.find(({ id }) => id === chosen?.id) ?? sources.find(({ id }) => id === chosen?.id);
    if (!source) throw new Error(`There is no source "${chosen?.id}" of training data.`);
    return { source, params: chosen!.params };
  }

  /** The dataset's trees; the same document gives the same ones, so they are made again rather than stored. */
  private async read(dataset: RunDataset) {
    const { emit, signal, document, setPhase } = this.ctx;
    setPhase('collecting', `Reading ${dataset.label}.`);
    const { trees, heldOut, report } = await dataset.prepare({
      progress: (done, total) =>
        emit({ kind: 'progress', phase: 'collecting', done, total: total ?? 0, note: 'rows read' }),
      signal,
    });
    for (const tree of [...trees, ...heldOut]) this.validate(tree);
    this.made.set(RUN, trees);
    this.heldOut = heldOut.slice(0, Math.max(1, document.evaluation.problems));
    this.report = report;
    emit({ kind: 'dataset', report });
    for (const [index, tree] of trees.slice(0, TREES_SENT).entries()) emit({ kind: 'tree', tree, index });
  }

  private validate(tree: PreferenceTree) {
    const { vocabSize, maxPositions } = this.ctx.model.config;
    validateTree(tree, vocabSize, maxPositions);
  }

  private recipeOf({ owner, source, params, policyHash }: Making): Recipe {
    return { owner, source: source.id, params, document: this.ctx.document, policyHash };
  }

  private async make(making: Making) {
    const { store, emit, document, setPhase, model } = this.ctx;
    const { owner, source } = making;
    this.keys[owner] ||= await treeKey(this.recipeOf(making), this.ctx.backend);
    const key = this.keys[owner];
    const label = (count: number) =>
      `${source.name}, ${count} from ${model.summary.id}, seed ${document.seed}`;
    const begun = this.collection?.owner === owner ? this.collection.running : undefined;
    const stored = await store.getDataset(key);
    const found = stored ?? madeTrees(model, await madeTreesKey(this.recipeOf(making)));
    if (found) {
      const known = begun?.trees.length ?? 0;
      for (const [i, tree] of found.slice(known).entries()) emit({ kind: 'tree', tree, index: known + i });
      this.finish(owner, found);
      if (!stored) await this.ctx.keep(() => store.putDataset(key, label(found.length), found));
      return;
    }
    setPhase('collecting', 'Making training pairs from the model’s own answers.');
    const running = begun ?? { trees: [], generator: this.generator(making) };
    this.collection = { owner, running };
    while (running.trees.length < document.data.trees) {
      this.ctx.pausePoint();
      const next = await running.generator.next();
      if (next.done) break;
      // Ids differ over the whole run, since passes may mix their trees.
      const tree = owner === RUN ? next.value : { ...next.value, id: `${owner}/${next.value.id}` };
      this.validate(tree);
      running.trees.push(tree);
      emit({ kind: 'tree', tree, index: running.trees.length - 1 });
      await this.ctx.between();
    }
    if (running.trees.length === 0) throw new Error('The pipeline made no training data.');
    this.finish(owner, running.trees);
    await this.ctx.keep(() => store.putDataset(key, label(running.trees.length), running.trees));
  }

  private finish(owner: string, trees: PreferenceTree[]) {
    this.made.set(owner, trees);
    this.collection = undefined;
  }

  /** The problems and draws of a pass with trees of its own are not those of the run. */
  private rngOf(owner: string): Rng {
    const rng = createRng(this.ctx.document.seed);
    return owner === RUN ? rng : rng.fork(`trees/${owner}`);
  }

  private generator({ owner, source, params, policy }: Making): AsyncGenerator<PreferenceTree> {
    const { task, model, document, signal, emit, onDevice } = this.ctx;
    const { data } = document;
    const rng = this.rngOf(owner);
    const draws = rng.fork('problems');
    let sampled = 0;
    return source.make(
      {
        task,
        tokenizer: model.tokenizer,
        rng: rng.fork('pipeline'),
        problems: () => task.draw(draws, data.difficulty),
        sample: (requests, options) => {
          const key = rng.fork(`sample/${sampled++}`);
          return onDevice(() =>
            generate(policy(), requests, options, key, { signal, onToken: yieldToMessages }),
          );
        },
        count: data.trees,
        maxTokens: data.maxTokens,
        signal,
        progress: (done, note) =>
          emit({ kind: 'progress', phase: 'collecting', done, total: data.trees, note }),
      },
      params,
    );
  }
}
