import type { DatasetReport } from '../data/prepare/report';
import type { LatentReads } from '../methods/objective';
import type { Params } from '../methods/params';
import { defaultParams } from '../methods/params';
import type { Pass, PassId } from '../methods/pass';
import { ownSource, treesOf } from '../methods/pass';
import type { Prompt } from '../search/pipeline';
import type { Source } from '../sources/source';
import { chosenWrappers, wrapped } from '../sources/wrappers/index';
import { madeTrees } from '../train/made-trees';
import type { PreferenceTree } from '../tree/tree';
import { validateTree } from '../tree/validate';
import { sha256Hex } from '../util/hash';
import type { Measure } from '../util/measure';
import type { Rng } from '../util/rng';
import { createRng } from '../util/rng';
import { checkSources, chosenSource } from './chosen-source';
import { Collection } from './collection';
import type { Answering } from './maker-context';
import { makerContext, promptsOf } from './maker-context';
import type { RunContext, RunDataset } from './run-context';
import { partsByPrompt, withReplay } from './shares';
import type { Recipe } from './tree-key';
import { madeTreesKey, treeKey } from './tree-key';

/** Trees of a dataset that are sent to the page by themselves. */
const TREES_SENT = 300;

/** Trees of images that are sent to the page by themselves: each is some kilobytes. */
const IMAGES_SENT = 96;

/** Trees of the run itself, whatever pass trains on them first. */
const RUN = 'run';

/** What a source needs to make trees for a pass. */
interface Making {
  /** 'run', or the pass that has trees of its own. */
  owner: string;
  source: Source;
  params: Params;
  policy: Answering;
  /** Of a file, where the source works on one. */
  prompts: Prompt[] | undefined;
  /** Trees wanted. */
  count: number;
  /** What the pass that they are made for reads of images. */
  latents: LatentReads | undefined;
}

/**
 * The trees that a run trains on: its own, from its source or its dataset, and those that a pass makes for itself. Made trees
 * are stored under a key of their source, its parameters, the policy and the seed, so that other runs find them.
 */
export class RunTrees {
  /** As they were made, by owner. */
  private readonly made = new Map<string, PreferenceTree[]>();
  /** As passes take them, by pass. */
  private readonly taken = new Map<string, PreferenceTree[]>();
  /** Where they are stored, by owner. */
  readonly keys: Record<string, string> = {};
  private collection: { owner: string; running: Collection } | undefined;
  /** Rows of a dataset that are kept from training. */
  heldOut: PreferenceTree[] = [];
  report: DatasetReport | undefined;
  /** What makers have measured of their data, by owner. */
  readonly measures: Record<string, Measure[]> = {};

  /** @throws UnsuitableSourceError when the document's source makes nothing that the method trains on */
  constructor(
    private readonly ctx: RunContext,
    private readonly passes: readonly Pass[],
  ) {
    checkSources(ctx, passes, !ctx.dataset && this.makerOf(RUN) !== undefined);
  }

  /** What a pass trains on; empty before it has been made. */
  of(pass: Pass): PreferenceTree[] {
    const known = this.taken.get(pass.id);
    if (known) return known;
    if (!this.has(pass)) return [];
    const { replay } = pass;
    const maker = treesOf(pass);
    const own =
      maker === undefined ? this.made.get(this.ownersOf(pass).at(-1)!)! : this.of(this.passOf(maker));
    const all = replay ? withReplay(own, this.made.get(RUN)!, replay) : own;
    this.taken.set(pass.id, all);
    return all;
  }

  /** How many trees there are of those that are being made, or of the run's. */
  get underWay(): number {
    return this.collection?.running.trees.length ?? this.made.get(RUN)?.length ?? 0;
  }

  has(pass: Pass): boolean {
    return this.ownersOf(pass).every((owner) => this.made.has(owner));
  }

  private passOf(id: PassId): Pass {
    return this.passes.find((pass) => pass.id === id)!; // checked before anything ran
  }

  /** All whose trees a pass trains on, its own last. */
  private ownersOf(pass: Pass): string[] {
    const maker = treesOf(pass);
    const own = maker === undefined ? [pass.trees ? pass.id : RUN] : this.ownersOf(this.passOf(maker));
    return [...(pass.replay && !own.includes(RUN) ? [RUN] : []), ...own];
  }

  /** Those who share a file out among them: the run itself, and passes that take fresh trees. */
  private get partakers(): string[] {
    return [RUN, ...this.passes.filter(({ trees }) => trees === 'fresh').map(({ id }) => id)];
  }

  /** The pass whose initial weights make an owner's trees: the run's are made by the first that needs them. */
  private makerOf(owner: string): Pass | undefined {
    return this.passes.find((pass) =>
      owner === RUN ? this.ownersOf(pass).includes(RUN) : pass.id === owner,
    );
  }

  /** Reads back what is stored of a run that goes on. @param keys by owner */
  async restore(keys: Readonly<Record<string, string>>) {
    Object.assign(this.keys, keys);
    // Trees that wait for the model's log-probs come with the pass.
    const waits = chosenWrappers(this.ctx.document.data.wrappers).some(({ scores }) => scores);
    if (this.ctx.dataset && !waits) await this.read(this.ctx.dataset);
    for (const [owner, key] of Object.entries(this.keys)) {
      const trees = key ? await this.ctx.store.getDataset(key) : undefined;
      if (!trees) continue;
      this.put(owner, trees);
      await this.readMeasures(owner, key);
    }
  }

  private async readMeasures(owner: string, key: string) {
    for (const measure of await this.ctx.store.getMeasures(key)) this.measureOf(owner)(measure);
  }

  /**
   * Makes what a pass trains on, unless it is there.
   * @param startOf the weights that a pass starts from
   */
  async prepare(pass: Pass, startOf: (pass: Pass) => Promise<Answering>): Promise<void> {
    for (const owner of this.ownersOf(pass)) {
      if (this.made.has(owner)) continue;
      if (this.ctx.dataset && this.partakers.includes(owner)) {
        await this.read(this.ctx.dataset, await startOf(this.makerOf(RUN)!));
        continue;
      }
      const maker = this.makerOf(owner)!;
      const own = owner === RUN ? undefined : ownSource(maker);
      const { source, params } = own ? { source: own, params: this.paramsOf(own) } : chosenSource(this.ctx);
      const { latents } = maker.objective.reads;
      const policy = await startOf(maker);
      const prompts = this.ctx.dataset && (await this.promptsFor(maker, this.ctx.dataset, policy));
      const count = prompts?.length ?? maker.makes ?? this.ctx.document.data.trees;
      await this.make({ owner, source, params, policy, prompts, count, latents });
    }
  }

  /** Parameters of a pass's own source: its defaults, and what it takes from the run's. */
  private paramsOf(own: Source): Params {
    const given = this.ctx.document.data.source?.params ?? {};
    const taken = (own.follows ?? []).filter((name) => Object.hasOwn(given, name));
    return { ...defaultParams(own), ...Object.fromEntries(taken.map((name) => [name, given[name]!])) };
  }

  /** The prompts of a file that a pass answers: those that it does not keep for its replay. */
  private async promptsFor(pass: Pass, dataset: RunDataset, policy: Answering): Promise<Prompt[]> {
    if (!this.made.has(RUN)) await this.read(dataset, policy);
    const all = promptsOf(this.made.get(RUN)!, this.rngOf(pass.id).fork('prompts'));
    return all.slice(0, Math.max(1, Math.round((1 - (pass.replay ?? 0)) * all.length)));
  }

  private put(owner: string, trees: PreferenceTree[]) {
    this.made.set(owner, trees);
    this.taken.clear();
  }

  /** The dataset's trees; the same document gives the same ones, so they are made again rather than stored. */
  private async read(dataset: RunDataset, policy?: Answering) {
    const { emit, signal, document, setPhase } = this.ctx;
    setPhase('collecting', `Reading ${dataset.label}.`);
    const { trees, heldOut, report } = await dataset.prepare({
      progress: (done, total) =>
        emit({ kind: 'progress', phase: 'collecting', done, total: total ?? 0, note: 'rows read' }),
      signal,
    });
    for (const tree of [...trees, ...heldOut]) this.validate(tree);
    const kept = await this.wrappedRows(trees, policy);
    const { partakers } = this;
    const parts = partsByPrompt(kept, partakers.length, dataset.label);
    for (const [i, owner] of partakers.entries()) this.put(owner, parts[i]!);
    this.heldOut = heldOut.slice(0, Math.max(1, document.evaluation.problems));
    this.report = report;
    emit({ kind: 'dataset', report });
    for (const [index, tree] of kept.slice(0, TREES_SENT).entries()) emit({ kind: 'tree', tree, index });
  }

  /** What the document's wrappers make of a file's trees. */
  private async wrappedRows(
    trees: PreferenceTree[],
    policy: Answering | undefined,
  ): Promise<PreferenceTree[]> {
    const chosen = this.ctx.document.data.wrappers;
    if (chosenWrappers(chosen).length === 0) return trees;
    async function* rows() {
      yield* trees;
    }
    const context = makerContext(this.ctx, {
      rng: this.rngOf(RUN),
      policy: policy!, // there where a wrapper scores; see `restore`
      count: trees.length,
      measure: this.measureOf(RUN),
    });
    const kept: PreferenceTree[] = [];
    for await (const tree of wrapped(rows, context, chosen)(trees.length)) kept.push(tree);
    if (kept.length === 0) throw new Error('Of the file’s examples the wrappers left none to train on.');
    return kept;
  }

  private validate(tree: PreferenceTree) {
    const { medium } = this.ctx;
    if (medium) return medium.validate(tree);
    const { vocabSize, maxPositions } = this.ctx.model.config;
    validateTree(tree, vocabSize, maxPositions);
  }

  private async recipeOf({ owner, source, params, policy, latents }: Making): Promise<Recipe> {
    const judge = latents?.entry === 'transition' ? latents.judge : undefined;
    const models = [...(source.models ?? []), ...(judge === undefined ? [] : [judge])];
    const others = await Promise.all(models.map((model) => policy.hashOf(model)));
    const policyHash = others.length === 0 ? policy.hash : await sha256Hex([policy.hash, ...others]);
    const guided =
      latents?.entry === 'transition' && latents.guidance ? { guidance: `${latents.guidance}` } : {};
    return {
      owner,
      source: source.id,
      params: { ...params, ...guided },
      document: this.ctx.document,
      policyHash,
    };
  }

  private async make(making: Making) {
    const { store, emit, document, setPhase, model, medium } = this.ctx;
    const { owner, source } = making;
    const recipe = await this.recipeOf(making);
    this.keys[owner] ||= await treeKey(recipe, this.ctx.backend);
    const key = this.keys[owner];
    const label = (count: number) =>
      `${source.name}, ${count} from ${model.summary.id}, seed ${document.seed}`;
    const begun = this.collection?.owner === owner ? this.collection.running : undefined;
    const stored = await store.getDataset(key);
    const found = stored ?? madeTrees(model, await madeTreesKey(recipe));
    if (found) {
      const known = begun?.trees.length ?? 0;
      const sent = medium ? found.slice(known, IMAGES_SENT) : found.slice(known);
      for (const [i, tree] of sent.entries()) emit({ kind: 'tree', tree, index: known + i });
      this.finish(owner, found);
      if (stored) await this.readMeasures(owner, key);
      if (!stored) await this.ctx.keep(() => store.putDataset(key, label(found.length), found));
      return;
    }
    setPhase('collecting', medium ? 'Drawing images to train on.' : 'Making pairs from its own answers.');
    const running =
      begun ??
      new Collection(
        (gate) => this.generator(making, gate),
        () => this.ctx.pausePoint(),
      );
    this.collection = { owner, running };
    while (running.trees.length < making.count) {
      const made = await running.advance();
      if (!made) break;
      // Ids differ over the whole run, since passes may mix their trees.
      const tree = owner === RUN ? made : { ...made, id: `${owner}/${made.id}` };
      this.validate(tree);
      const index = running.trees.push(tree) - 1;
      if (!medium || index < IMAGES_SENT) emit({ kind: 'tree', tree, index });
      if (!medium || index % 64 === 0) await this.ctx.between();
    }
    if (running.trees.length === 0) throw new Error('The pipeline made no training data.');
    this.finish(owner, running.trees);
    if (source.derived) return;
    const measures = this.measures[owner] ?? [];
    await this.ctx.keep(() => store.putDataset(key, label(running.trees.length), running.trees, measures));
  }

  /** Lets go of the trees that a pass made for itself, once no later pass trains on them and its checkpoint is of the past. */
  async release(pass: Pass) {
    const key = this.keys[pass.id];
    const needed = this.passes.some((other) => treesOf(other) === pass.id);
    if (key === undefined || needed) return;
    delete this.keys[pass.id];
    this.made.delete(pass.id);
    this.taken.delete(pass.id);
    await this.ctx.store.deleteItem?.('datasets', key).catch(() => undefined); // it is only in the way
  }

  private finish(owner: string, trees: PreferenceTree[]) {
    this.put(owner, trees);
    this.collection = undefined;
  }

  /** The problems and draws of a pass with trees of its own are not those of the run. */
  private rngOf(owner: string): Rng {
    const rng = createRng(this.ctx.document.seed);
    return owner === RUN ? rng : rng.fork(`trees/${owner}`);
  }

  /** Takes down what a maker measures of an owner's data. */
  private measureOf(owner: string) {
    return (measure: Measure) => {
      const others = (this.measures[owner] ?? []).filter(({ id }) => id !== measure.id);
      this.measures[owner] = [...others, measure];
      this.ctx.emit({ kind: 'made', stage: owner, measures: this.measures[owner] });
    };
  }

  private generator(making: Making, gate: () => Promise<void>): AsyncGenerator<PreferenceTree> {
    const { owner, source, params, policy, prompts, count, latents } = making;
    const context = makerContext(this.ctx, {
      latents,
      rng: this.rngOf(owner),
      policy,
      count,
      gate,
      measure: this.measureOf(owner),
      ...(prompts && { prompts }),
    });
    const make = (wanted: number) => source.make({ ...context, count: wanted }, params);
    return wrapped(make, context, this.ctx.document.data.wrappers)(count);
  }
}
