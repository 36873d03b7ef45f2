import type { Metrics, ProbePair } from '../../workers/protocol';
import type { Pass, PassId } from '../methods/pass';
import { trainsApart } from '../methods/pass';
import type { Network } from '../model/network';
import { planProbe, takeProbe } from '../train/probe';
import { learningRateAt } from '../train/schedule';
import { scoreTrees } from '../train/score';
import type { StepState } from '../train/step';
import { networkOf, trainStep } from '../train/step';
import { treesUsed } from '../train/used-trees';
import type { PreferenceTree } from '../tree/tree';
import { yieldToMessages } from '../util/mutex';
import { createRng } from '../util/rng';
import { checkTrees } from './check-trees';
import { DivergedError, divergedMessage } from './diverged';
import type { Visit } from './medium';
import { withMismatched } from './mismatched';
import { stepsOf, stretchOf } from './passes';
import type { Following, RunConstants } from './run-constants';
import { ordering } from './run-constants';
import type { RunContext } from './run-context';
import type { Epoch } from './run-order';
import { RunOrder } from './run-order';
import type { RunTrees } from './run-trees';
import type { RunWeights } from './run-weights';

/** What the passes of a run share. */
export interface RunParts {
  weights: RunWeights;
  trees: RunTrees;
  constants: RunConstants;
  /** Hashes of the weights that passes ended with. */
  kept: Record<PassId, string>;
}

/** One pass under way: its data, its frozen models, its order, its steps. */
export class PassRunner {
  readonly steps: number;
  /** Steps of the passes that this one goes on from, and of the whole stretch that it is in; its own where it is alone. */
  readonly before: number;
  readonly stretch: number;
  private readonly order: RunOrder;
  private prepared = false;
  private probed: ReturnType<typeof planProbe> | undefined;
  private mixed: { of: readonly PreferenceTree[]; trees: PreferenceTree[] } | undefined;

  constructor(
    private readonly ctx: RunContext,
    /** All of the run. */
    passes: readonly Pass[],
    readonly pass: Pass,
    private readonly parts: RunParts,
    /** Optimiser steps done. */
    public step = 0,
    epoch: Epoch | undefined = undefined,
    /** The reference, where it has left the one that the pass began with. */
    private following: Following | undefined = undefined,
  ) {
    this.steps = stepsOf(pass, ctx.document.steps);
    ({ before: this.before, all: this.stretch } = stretchOf(passes, pass, ctx.document.steps));
    this.order = new RunOrder(
      ctx.document.seed,
      pass.order,
      {
        policy: () => this.scoresNow(),
        reference: () => this.scoresOf('reference'),
        frozen: (name) => this.scoresOf(ordering(name)),
      },
      epoch,
    );
  }

  get epoch(): Epoch | undefined {
    return this.order.epoch;
  }

  /** The reference, where it has left the one that the pass began with. */
  get reference(): Following | undefined {
    return this.following;
  }

  /** The trees that it trains on, as far as they are there. */
  get trees(): readonly PreferenceTree[] {
    const made = this.parts.trees.of(this.pass);
    if (!this.pass.objective.reads.mismatched) return made;
    if (this.mixed?.of !== made) {
      this.mixed = { of: made, trees: withMismatched(made, this.ctx.model.config.maxPositions) };
    }
    return this.mixed.trees;
  }

  get isPrepared(): boolean {
    return this.prepared;
  }

  /** Turns the frozen models to this pass; scores nothing yet. */
  begin(): Promise<void> {
    return this.parts.constants.turnTo(this.pass, this.parts.kept, this.following);
  }

  /**
   * Everything before the first step: trees, and the numbers of frozen models. Does what is not done yet.
   * @throws UnsuitableDataError when the trees lack what the loss reads
   */
  async prepare(): Promise<void> {
    const { weights, trees, constants, kept } = this.parts;
    await trees.prepare(this.pass, async ({ id, from = 'start', goesOn, objective }) => {
      const present = id === this.pass.id && this.step === 0;
      return {
        head: from === 'start' ? undefined : objective.reads.head,
        hash: goesOn
          ? await this.ctx.onDevice(() => weights.presentHash())
          : await weights.startHash(from, kept),
        hashOf: (model) => weights.hashOf(model, kept),
        lendModel: (model) => weights.lend(model),
        // The policy itself as long as it has not moved; trees that have to be made again later are made by what made them.
        lend: async () => {
          if (present) return { network: this.network(), dispose: () => undefined };
          if (goesOn)
            throw new Error(
              `What ${this.pass.label} trains on is not stored any more, and it cannot be made again in the middle of it; start the run again.`,
            );
          return weights.lendWeights(await weights.of(from));
        },
      };
    });
    checkTrees(this.pass.label, this.pass.objective.reads, this.trees);
    if (!this.pass.refresh && !this.visit) {
      await constants.ensure([...this.taken(), ...trees.heldOut], { preparing: true });
    }
    this.prepared = true;
  }

  /** The trees that the steps of a plain order will take; of an order that may want any, all. */
  private taken(): readonly PreferenceTree[] {
    const { trees, steps, ctx, pass } = this;
    return pass.order ? trees : treesUsed({ ...ctx.document, steps }, trees.length).map((i) => trees[i]!);
  }

  /** How a step takes its trees, where something is drawn for each visit. */
  private get visit(): Visit | undefined {
    const { latents } = this.pass.objective.reads;
    return latents && this.ctx.medium?.visit(latents);
  }

  /** Trees with what is drawn for the visit of this name; as they are where nothing is drawn. */
  async visited(trees: readonly PreferenceTree[], name: string): Promise<readonly PreferenceTree[]> {
    const { visit, ctx, pass } = this;
    if (!visit) return trees;
    const rng = createRng(ctx.document.seed).fork(`visit/${pass.id}/${name}`);
    return ctx.onDevice(() => visit(this.network(), trees, rng, name));
  }

  /** What a step reads and writes. */
  state(): StepState {
    const { weights, constants } = this.parts;
    const { trained, frozen, lora } = weights.policy;
    const [states, head] = [constants.referenceStates(), weights.referenceHead];
    const { model, medium } = this.ctx;
    return {
      get config() {
        return model.config;
      },
      ...(medium && { scorer: medium.scorer(this.pass.objective.reads.latents) }),
      parameters: trained,
      frozen,
      ...(lora ? { lora } : {}),
      dropout: weights.plan.adapter?.settings.dropout ?? 0,
      checkpointing: this.ctx.document.checkpointing,
      optimizer: weights.optimizer,
      objective: this.pass.objective,
      ...(!medium && { eos: model.tokenizer.eos }),
      constants: constants.numbers(),
      ...(states && { referenceStates: states }),
      ...(head && { referenceHead: head }),
    };
  }

  /** What the pass would return now; while it trains another network, the one that the run began with. */
  network(): Network {
    const { weights } = this.parts;
    if (!this.ctx.medium) return networkOf(this.state(), weights.returned);
    return this.apart ? weights.reference() : weights.present();
  }

  /** It trains a network of its own, and the policy rests. */
  get apart(): boolean {
    return trainsApart(this.pass);
  }

  /**
   * One optimiser step.
   * @returns the row of metrics, and the tokens that went through the model
   * @throws DivergedError when a number is not finite; the weights are those of the step before
   */
  async advance(): Promise<{ row: Metrics; tokens: number }> {
    const { document, onDevice } = this.ctx;
    const { optimizer, schedule, accumulate, batchSize, seed } = document;
    const { epoch } = this.order;
    const microBatches: (readonly PreferenceTree[])[] = [];
    for (let a = 0; a < accumulate; a++) {
      const trees = await this.order.next(this.step * accumulate + a, batchSize, this.trees);
      microBatches.push(await this.visited(trees, `${this.step + 1}.${a}`));
    }
    await this.parts.constants.ensure(microBatches.flat());
    this.parts.weights.touch();
    const { metrics, tokens } = await onDevice(() =>
      trainStep(this.state(), microBatches, {
        ...optimizer,
        learningRate: learningRateAt(
          schedule,
          this.pass.learningRate ?? optimizer.learningRate,
          this.before + this.step,
          this.stretch,
        ),
        step: this.before + this.step + 1,
        seed,
      }),
    );
    if (this.visit) this.parts.constants.forgetVisit(microBatches.flat());
    if (Object.values(metrics).some((value) => !Number.isFinite(value))) {
      this.order.epoch = epoch; // the trees of a step that was not made are still to come
      const learned = (this.pass.from ?? 'start') !== 'start';
      const trees = microBatches.flat().map(({ id }) => id);
      throw new DivergedError(divergedMessage(metrics, this.step + 1, learned, trees));
    }
    if (metrics['saturated'] === 1) {
      throw new DivergedError(
        `At step ${this.step + 1} every pair of the batch is saturated: its logit is beyond 20 either way, and nothing is learned from it any more. Lower method.params.beta (now ${document.method.params['beta']}) or optimizer.learningRate, and start a new run.`,
      );
    }
    this.step++;
    const { average } = this.pass;
    if (average) await onDevice(async () => this.parts.weights.follow(average, this.step - 1));
    await this.follow();
    const row = {
      step: this.step,
      epoch: (this.step * accumulate * batchSize) / this.trees.length,
      ...metrics,
    };
    return { row, tokens };
  }

  /** Log-probs of a few of the pass's pairs under the weights of now; none where nothing is compared. */
  async probe(count: number): Promise<ProbePair[]> {
    if (this.ctx.medium) return []; // it follows tokens
    const words = this.ctx.model.tokenizer;
    this.probed ??= planProbe(this.trees, this.parts.trees.heldOut, count, words);
    const plan = this.probed;
    if (plan.length === 0) return [];
    return this.ctx.onDevice(() => takeProbe(this.network(), plan, words, yieldToMessages));
  }

  /** A reference that follows the policy takes its next stride. */
  private async follow(): Promise<void> {
    const { refresh, reference = 'start' } = this.pass;
    if (!refresh || this.step % refresh.every !== 0) return;
    const { weights } = this.parts;
    const before = this.following?.weights ?? (await weights.of(reference));
    this.following = await this.ctx.onDevice(() => weights.mix(before, refresh.mix));
    await this.begin();
  }

  private scoresNow(): Promise<Float32Array[]> {
    return this.ctx.onDevice(async () => {
      const scores = await scoreTrees(this.network(), this.trees, yieldToMessages);
      return this.trees.map(({ id }) => scores.get(id)!);
    });
  }

  private async scoresOf(name: string): Promise<Float32Array[]> {
    await this.parts.constants.ensure(this.trees);
    const numbers = this.parts.constants.numbersOf(name);
    if (!numbers) throw new Error(`Pass "${this.pass.id}" reads no ${name}, and its order asks for one.`);
    return this.trees.map(({ id }) => numbers.byTree.get(id)!);
  }
}
