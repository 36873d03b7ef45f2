import type { Network } from '../model/network';
import type { Medium, MediumContext } from '../run/medium';
import type { SessionStore } from '../run/run-context';
import type { Tensor } from '../tf';
import { readFloats, tf } from '../tf';
import { sha256Hex } from '../util/hash';
import type { DenoiserModel } from './denoiser-model';
import { passFlops } from './flops';
import { inTime, validateImages } from './images';
import { judgeMeasures } from './judge-measures';
import { lookAt } from './look';
import { preferenceFrom, preferenceParamsOf } from './make/preference-params';
import { preferenceJudge } from './make/walking';
import { evaluateDenoiser, measureScale, SCALE_LISTS } from './measure';
import type { Denoiser } from './net/denoiser';
import { freshDenoiser } from './net/fresh-weights';
import { freshPreferenceModel } from './net/preference-model';
import type { ImagePipeline } from './pipeline';
import { drawPool } from './pool';
import { drawStoodFor, preferenceScorer } from './preference-scorer';
import { imageScorer, packImages } from './scorer';
import { drawVisit } from './visit';
import type { Scale } from './world/preference';

/** Trees that are read of a frozen model together. */
const TOGETHER = 64;

export interface ImageMediumOptions {
  denoiser: DenoiserModel;
  seed: number;
  backend: { name: string; adapter: string };
  store: Pick<SessionStore, 'putDataset' | 'getDataset'>;
  /** Where the pool comes from, for the list of what is stored. */
  label: string;
}

/** Runs of a model that draws images. */
export const imageMedium = (options: ImageMediumOptions): Medium => {
  const { config } = options.denoiser;
  const ownScorer = imageScorer(config);
  const netOf = ({ weights }: Pick<Network, 'weights'>): Denoiser => ({
    config,
    weights: weights as ReadonlyMap<string, Tensor>,
  });
  let scale: Scale | undefined = options.denoiser.scale;
  const scaleUnder = async (net: Denoiser, between: () => Promise<void>): Promise<Scale> => {
    scale ??= await measureScale(net, SCALE_LISTS, between);
    return scale;
  };
  const poolKey = (policy: string, lists: number) =>
    sha256Hex([
      JSON.stringify(['pool', lists, options.seed, options.backend.name, options.backend.adapter]),
      policy,
    ]);

  return {
    scorer: (reads) => (reads?.entry === 'preference' ? preferenceScorer : ownScorer),
    fresh: (reads) => {
      if (reads?.entry === 'preference') return freshPreferenceModel(options.seed);
      if (reads?.entry === 'error' && reads.begins === 'random') return freshDenoiser(config, options.seed);
      return undefined;
    },
    unit: 'images',
    words: {
      token: (id) => inTime(id - 1),
      decode: (ids) => [...ids].map((id) => inTime(id - 1)).join(', '),
    },
    validate: validateImages,
    read: async (network, trees, between) => {
      const scores = new Map<string, Float32Array>();
      for (let first = 0; first < trees.length; first += TOGETHER) {
        const batch = packImages(trees.slice(first, first + TOGETHER));
        const logProb = tf.tidy(() => ownScorer.score(netOf(network).weights, batch).logProb);
        const values = await readFloats(logProb);
        for (const { id, entryStart, entryEnd } of batch.trees)
          scores.set(id, values.slice(entryStart, entryEnd));
        logProb.dispose();
        await between(Math.min(trees.length, first + TOGETHER));
      }
      return scores;
    },
    visit: (reads) => {
      if (reads.entry === 'error')
        return (network, trees, rng, name) => drawVisit(netOf(network), trees, reads, rng, name);
      if (reads.entry === 'preference')
        return (network, trees, rng, name) => drawStoodFor(netOf(network), trees, rng, name);
      return undefined;
    },
    pipeline: (context: MediumContext, policy, reads) => {
      const { guidance, judge } = reads?.entry === 'transition' ? reads : {};
      const withPolicy: ImagePipeline['withPolicy'] = (f) =>
        context.onDevice(async () => {
          const lent = await policy.lend();
          const model = judge === undefined ? undefined : await policy.lendModel(judge);
          try {
            const net = netOf(lent.network);
            return await f(net, model && preferenceJudge(net, netOf(model.network)));
          } finally {
            lent.dispose();
            model?.dispose();
          }
        });
      const between = async () => {
        await context.between();
        await context.gate();
      };
      return {
        images: {
          ...(guidance && { guidance }),
          scale: () =>
            scale ? Promise.resolve(scale) : withPolicy((net) => scaleUnder(net, context.between)),
          withPolicy,
          between,
          choices: async (name) => {
            const stored = name === '' ? undefined : await options.store.getDataset(name);
            if (stored) return stored;
            throw new Error(
              `data.source.params.set: ${name === '' ? 'names no choices' : `there are no choices "${name}" here any more`}; choose between images under Lab, Clicking, or read a file of such choices there (equal choices have the same name).`,
            );
          },
          pool: async (lists, report) => {
            const key = await poolKey(policy.hash, lists);
            const stored = await options.store.getDataset(key);
            if (stored) return stored;
            const trees = await drawPool({ lists, seed: options.seed, withPolicy, between, report });
            // Where there is no room it is drawn again the next time.
            await options.store
              .putDataset(key, `Images of ${options.label}, ${4 * lists}`, trees)
              .catch(() => undefined);
            return trees;
          },
        },
      };
    },
    flops: (pass, document, first) => passFlops(config, pass, document, first),
    look: (network, tree) => lookAt(netOf(network), tree),
    evaluate: async (network, count, between, judge) => {
      const net = netOf(network);
      const ownScale = await scaleUnder(net, between);
      if (!judge) return evaluateDenoiser(net, count, ownScale, between);
      const preference = preferenceFrom(preferenceParamsOf(judge.params));
      const model = preferenceJudge(net, netOf(judge.network));
      return evaluateDenoiser(net, count, ownScale, between, (images, conditions) =>
        judgeMeasures({ judge: model, preference, scale: ownScale, images, conditions, between }),
      );
    },
  };
};
