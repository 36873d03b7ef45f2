import type { AdamWState } from '../kernels/adamw';
import { adamWFromArrays, adamWToArrays, createAdamW, disposeAdamW } from '../kernels/adamw';
import { stepAverage } from '../kernels/average';
import type { Head } from '../methods/objective';
import type { Averaged, Blend, PassId } from '../methods/pass';
import { averageKeeps } from '../methods/pass';
import { headModule } from '../model/head';
import { freshHead, freshTrunk, splitHeads, uploadHeads } from '../model/heads';
import type { HostWeights } from '../model/host-weights';
import type { Network } from '../model/network';
import { disposeParameters, parametersToArrays } from '../model/parameters';
import type { Tensor, Tensor2D } from '../tf';
import { uploadKept } from '../tf';
import type { Policy, PolicyPlan } from '../train/policy';
import {
  createPolicy,
  createReference,
  disposePolicy,
  initialTrained,
  networkWith,
  planHash,
  referenceHash,
  resetTrained,
  uploadTrained,
} from '../train/policy';
import { sha256Hex } from '../util/hash';
import { blendHash, blendWeights, sumWeights, withHeads } from './blend';
import { sumAdapters } from './blend-adapters';

/** Keeps the weights that a pass ended with, for later passes; a stored run needs them after a reload. */
export interface KeptStore {
  put(pass: PassId, weights: HostWeights): Promise<void>;
  get(pass: PassId): Promise<HostWeights | undefined>;
}

/** A network that is on the device for a while. */
export interface LentNetwork {
  network: Network;
  dispose(): void;
}

export type Moments = { m: Record<string, Float32Array>; v: Record<string, Float32Array> };

const toHost = async (tensors: ReadonlyMap<string, Tensor>): Promise<HostWeights> => {
  const arrays = await parametersToArrays(tensors);
  return new Map(
    [...tensors].map(([name, tensor]) => [name, { shape: tensor.shape.slice(), data: arrays.get(name)! }]),
  );
};

const hashWeights = (weights: HostWeights): Promise<string> =>
  sha256Hex([...weights].flatMap(([name, { data }]) => [name, data]));

/**
 * The weights of a run: those that are trained, on the device with their optimiser; those that it began with; and those that
 * earlier passes ended with. Owns every tensor of them.
 */
export class RunWeights {
  private policyOnDevice: Policy | undefined;
  private referenceOnDevice: LentNetwork | undefined;
  private optimizerOnDevice: AdamWState | undefined;
  /** Of the trained weights, where the pass returns that. */
  private average: Map<string, Tensor> | undefined;
  private head: { hash: string; tensor: Tensor2D } | undefined;
  private readonly kept = new Map<PassId, HostWeights>();
  private initialHash = '';
  /** Trained weights are those of the beginning, so that the policy can stand in for the reference. */
  private untouched = false;

  constructor(
    readonly plan: PolicyPlan,
    private readonly store: KeptStore,
  ) {}

  async begin(): Promise<string> {
    this.initialHash = await planHash(this.plan);
    return this.initialHash;
  }

  get policy(): Policy {
    if (!this.policyOnDevice) throw new Error('The run has been closed.');
    return this.policyOnDevice;
  }

  get optimizer(): AdamWState {
    if (!this.optimizerOnDevice) throw new Error('The run has been closed.');
    return this.optimizerOnDevice;
  }

  /** What the pass would return now: the average of the trained weights where it returns that, else themselves. */
  get returned(): ReadonlyMap<string, Tensor> {
    return this.average ?? this.policy.trained;
  }

  /** The network that a pass would return now, of a model that draws. */
  present(): Network {
    return networkWith(this.plan, this.policy, this.returned);
  }

  /** Takes a step's weights into the average. @param done steps before it */
  follow(averaged: Averaged, done: number) {
    if (this.average) stepAverage(this.average, this.policy.trained, averageKeeps(averaged, done));
  }

  /** Called before a step changes them. */
  touch() {
    this.untouched = false;
  }

  /**
   * Trained weights and a new optimiser; the frozen weights stay where they are.
   * @param head that the pass trains beside them: as `trained` has it, else at 0
   * @param moments of the optimiser, where a run goes on
   * @param average of the weights where the pass returns it, to begin with
   */
  async load(trained: HostWeights, head: Head | undefined, moments?: Moments, average?: HostWeights) {
    const { own, heads } = splitHeads(trained);
    if (this.policyOnDevice) resetTrained(this.plan, this.policyOnDevice, own);
    else this.policyOnDevice = createPolicy(this.plan, own);
    if (head) await this.addHead(this.policyOnDevice, head, heads);
    if (this.optimizerOnDevice) disposeAdamW(this.optimizerOnDevice);
    const { trained: tensors } = this.policyOnDevice;
    this.optimizerOnDevice = moments
      ? await adamWFromArrays(tensors, {
          m: new Map(Object.entries(moments.m)),
          v: new Map(Object.entries(moments.v)),
        })
      : createAdamW(tensors);
    this.dropAverage();
    this.average = average && uploadTrained(this.plan, average);
    this.untouched = trained === initialTrained(this.plan) && !this.plan.adapter;
  }

  /** @param heads that there are already, by tensor */
  private async addHead(policy: Policy, { name, trunk }: Head, heads: HostWeights) {
    const fresh = freshHead(name, this.plan.model.config.hiddenSize);
    if (trunk) for (const [own, tensor] of freshTrunk(name, await this.toHost())) fresh.set(own, tensor);
    const named = new Map([...fresh].map(([own, tensor]) => [own, heads.get(own) ?? tensor]));
    for (const [own, tensor] of uploadHeads(named)) policy.trained.set(own, tensor);
  }

  /** The weights of a blend, on the host. @throws when a pass's are no longer stored */
  of(blend: Blend): Promise<HostWeights> {
    return blendWeights(blend, (part) => this.partOf(part), this.sum);
  }

  private get sum() {
    return withHeads(this.plan.adapter ? sumAdapters : sumWeights);
  }

  private async partOf(part: string): Promise<HostWeights> {
    if (part === 'start') return initialTrained(this.plan);
    const weights = this.kept.get(part) ?? (await this.store.get(part));
    if (!weights) {
      throw new Error(
        `The weights of pass "${part}" are not stored any more, and a later pass needs them; start the run again.`,
      );
    }
    this.kept.set(part, weights);
    return weights;
  }

  /**
   * Content hash of a blend as a frozen model.
   * @param hashes of the passes that have ended
   */
  async hashOf(blend: Blend, hashes: Readonly<Record<PassId, string>>): Promise<string> {
    // In a sum 'start' is what the run trains from, adapter included; alone it is what the run is compared with.
    const start = blend === 'start' ? await referenceHash(this.plan) : this.initialHash;
    return blendHash(blend, (part) => (part === 'start' ? start : (hashes[part] ?? '')));
  }

  /** Content hash of a blend as initial weights: with an adapter the one that the run begins with, not its base. */
  startHash(blend: Blend, hashes: Readonly<Record<PassId, string>>): Promise<string> {
    return blendHash(blend, (part) => (part === 'start' ? this.initialHash : (hashes[part] ?? '')));
  }

  /** Content hash of the weights as they are now. */
  async presentHash(): Promise<string> {
    return hashWeights(await this.toHost());
  }

  /** Keeps what the pass returns as those that it ended with. @returns their hash */
  async keep(pass: PassId): Promise<string> {
    const weights = await this.returnedToHost();
    this.kept.set(pass, weights);
    await this.store.put(pass, weights);
    return hashWeights(weights);
  }

  /** The next stride of a reference that follows the policy: mix * policy + (1 - mix) * before, heads left out. */
  async mix(before: HostWeights, mix: number): Promise<{ hash: string; weights: HostWeights }> {
    const { own } = splitHeads(await this.toHost());
    const weights =
      mix === 1
        ? own
        : this.sum([
            [mix, own],
            [1 - mix, splitHeads(before).own],
          ]);
    return { hash: await hashWeights(weights), weights };
  }

  /** The trained weights, heads included, on the host. */
  toHost(): Promise<HostWeights> {
    return toHost(this.policy.trained);
  }

  /** What the pass would return now, heads included, on the host. */
  returnedToHost(): Promise<HostWeights> {
    return toHost(this.returned);
  }

  /** The average, where there is one, on the host. */
  async averageToHost(): Promise<HostWeights | undefined> {
    return this.average && toHost(this.average);
  }

  async moments(): Promise<Moments> {
    const { m, v } = await adamWToArrays(this.optimizer);
    return { m: Object.fromEntries(m), v: Object.fromEntries(v) };
  }

  /** The network that the run is compared with from its beginning, made when it is first asked for. */
  reference(): Network {
    if (this.untouched) return networkWith(this.plan, this.policy, this.policy.trained);
    this.referenceOnDevice ??= createReference(this.plan, this.policy);
    return this.referenceOnDevice.network;
  }

  /**
   * The output head of the frozen model that the pass is compared with, for the divergence from it. Undefined beside an
   * adapter: its head is the policy's own, which is frozen.
   */
  get referenceHead(): Tensor2D | undefined {
    return this.head?.tensor;
  }

  /**
   * Holds this model's head on the device, and no other; none when left out.
   * @param onDevice see `RunContext`
   */
  async holdReferenceHead(
    model: { hash: string; weights(): Promise<HostWeights> } | undefined,
    onDevice: <T>(f: () => Promise<T>) => Promise<T>,
  ): Promise<void> {
    const wanted = this.plan.adapter ? undefined : model;
    if (this.head?.hash === wanted?.hash) return;
    const name = `${headModule(this.plan.model.config)}.weight`;
    const stored = wanted && (await wanted.weights()).get(name);
    await onDevice(async () => {
      this.dropHead();
      if (wanted && stored) {
        this.head = { hash: wanted.hash, tensor: uploadKept(stored.data, [...stored.shape]) as Tensor2D };
      }
    });
  }

  private dropAverage() {
    if (this.average) disposeParameters(this.average);
    this.average = undefined;
  }

  private dropHead() {
    this.head?.tensor.dispose();
    this.head = undefined;
  }

  /** A frozen model on the device, to be scored under. */
  async lend(blend: Blend): Promise<LentNetwork> {
    if (blend === 'start') return { network: this.reference(), dispose: () => undefined };
    return this.lendWeights(await this.of(blend));
  }

  /** The same of given trained weights, which it names, heads included. */
  lendWeights(weights: HostWeights): LentNetwork & { trained: Map<string, Tensor> } {
    const { own, heads } = splitHeads(weights);
    const tensors = uploadTrained(this.plan, own);
    for (const [name, tensor] of uploadHeads(heads)) tensors.set(name, tensor);
    return {
      network: networkWith(this.plan, this.policy, tensors),
      trained: tensors,
      dispose: () => disposeParameters(tensors),
    };
  }

  dispose() {
    this.dropHead();
    this.dropAverage();
    this.referenceOnDevice?.dispose();
    if (this.policyOnDevice) disposePolicy(this.policyOnDevice);
    if (this.optimizerOnDevice) disposeAdamW(this.optimizerOnDevice);
    this.referenceOnDevice = undefined;
    this.policyOnDevice = undefined;
    this.optimizerOnDevice = undefined;
  }
}
