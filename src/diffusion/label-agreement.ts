/** How true labels of single steps are: whether they say of two next states what their futures say. */
import type { Rng } from '../util/rng';
import { begin, drawNext, judged, nextMeans, type Walks } from './make/walking';
import type { Denoiser } from './net/denoiser';
import { grid, IMAGE, STEPS } from './net/schedule';
import type { Judge } from './pipeline';

/** Places in the sampler's grid at which labels are looked at: t = 999, 799, 599, 399, 199. */
export const LOOKED_AT = [0, 4, 8, 12, 16];

/** Of one label at one step, over pairs weighted by how far apart their futures are. */
export interface Agreement {
  /** Share of the weight on which the label and the futures say the same. */
  share: number;
  /** Pairs that the weights are worth: (sum w)^2 / sum w^2. */
  worth: number;
}

export interface AgreementAt {
  t: number;
  /** By label's name. */
  labels: Record<string, Agreement>;
  /** Of the label of one final image. */
  final: Agreement;
}

interface Options {
  pairs: number;
  /** Times that each of the two states is carried on to the image. */
  continuations: number;
  rng: Rng;
  /** What images are worth. */
  reward: Judge;
  /** What labels a step, by name. */
  labels: Readonly<Record<string, Judge>>;
  /** Awaited after each step of a walk, with how many there are in all. */
  tick(done: number, total: number): Promise<void>;
}

const agreement = (gaps: readonly number[], said: readonly number[]): Agreement => {
  const weights = gaps.map(Math.abs);
  const sum = weights.reduce((a, b) => a + b, 0);
  const agreed = weights.reduce((a, w, k) => a + (gaps[k]! * said[k]! > 0 ? w : 0), 0);
  return { share: sum > 0 ? agreed / sum : 0, worth: sum ** 2 / weights.reduce((a, w) => a + w * w, 1e-30) };
};

/** Differences of neighbours: of the first and the second state of each pair. */
const gapsOf = (values: ArrayLike<number>): number[] =>
  Array.from({ length: values.length / 2 }, (_, k) => values[2 * k]! - values[2 * k + 1]!);

/** Carries states at place i of the grid on to the image. */
const carriedOn = async (walks: Walks, i: number, between: () => Promise<void>): Promise<Float32Array[]> => {
  for (let at = i; at < STEPS; at++) {
    const means = await nextMeans(walks, at);
    walks.x = grid[at + 1] === IMAGE ? means : drawNext(means, at, walks.rngs, 1).map(([state]) => state!);
    await between();
  }
  return walks.x;
};

/**
 * At each of several steps, two next states of the same state are labelled, and each is carried on to the image many times: the order of
 * the mean rewards is the true one. One more image of each stands for the label of a whole walk.
 */
export const measureAgreement = async (net: Denoiser, options: Options): Promise<AgreementAt[]> => {
  const { pairs, continuations, rng, reward, labels, tick } = options;
  const total = LOOKED_AT.reduce((sum, i) => sum + (continuations + 1) * (STEPS - i - 1), 0);
  let done = 0;
  const between = () => tick(++done, total);
  const found: AgreementAt[] = [];
  const walks = begin(net, rng, pairs, 0, 1);
  for (let i = 0; i <= Math.max(...LOOKED_AT); i++) {
    const means = await nextMeans(walks, i);
    const [t, p] = [grid[i]!, grid[i + 1]!];
    if (LOOKED_AT.includes(i)) {
      const states = drawNext(means, i, walks.rngs, 2).flat();
      const conditions = walks.conditions.flatMap((own) => [own, own]);
      const said: Record<string, number[]> = {};
      for (const [name, judge] of Object.entries(labels))
        said[name] = gapsOf(await judged(judge, states, p, conditions));
      const futures: Float32Array[] = [];
      for (let k = 0; k <= continuations; k++) {
        const rngs = states.map((_, s) => rng.fork(`future/${i}/${k}/${s}`));
        const images = await carriedOn({ net, conditions, rngs, x: states }, i + 1, between);
        futures.push(await judged(reward, images, IMAGE, conditions));
      }
      const [one, ...others] = futures;
      const gaps = gapsOf(states.map((_, s) => others.reduce((sum, own) => sum + own[s]!, 0)));
      found.push({
        t,
        labels: Object.fromEntries(Object.entries(said).map(([name, own]) => [name, agreement(gaps, own)])),
        final: agreement(gaps, gapsOf(one!)),
      });
    }
    walks.x = drawNext(means, i, walks.rngs, 1).map(([state]) => state!);
  }
  return found;
};
