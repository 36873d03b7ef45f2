/** How often a model of preferences says the same as the reward, by the time of the noise that it sees through. */
import type { Measure } from '../util/measure';
import { meanOf, shareOf } from '../util/measure';
import { createRng } from '../util/rng';
import { LOOKED_AT } from './label-agreement';
import { judged } from './make/walking';
import { EVALUATION_SEED } from './measure';
import { noiseFor } from './net/sample';
import { grid, IMAGE, noiseAt, signalAt } from './net/schedule';
import type { Judge } from './pipeline';
import type { Condition } from './world/condition';
import { CONDITIONS } from './world/condition';
import type { Preference, Scale } from './world/preference';
import { preferenceOf } from './world/preference';

interface Options {
  /** Sees a state through its time. */
  judge: Judge;
  preference: Preference;
  scale: Scale;
  /** Of every condition in turn, as evaluations draw them. */
  images: readonly Float32Array[];
  conditions: readonly Condition[];
  between(): Promise<void>;
}

/** Images of one condition, two by two, as they follow one another every `CONDITIONS`. */
const pairsOf = (count: number): [number, number][] =>
  Array.from({ length: count }, (_, i): [number, number] => [i, i + CONDITIONS]).filter(
    ([i, j]) => Math.floor(i / CONDITIONS) % 2 === 0 && j < count,
  );

/**
 * Pairs of images that no pass has trained on, both under one noise at each of five times: does the model give the one with the larger
 * reward the larger score? Over all times, and by time.
 */
export const judgeMeasures = async ({
  judge,
  preference,
  scale,
  images,
  conditions,
  between,
}: Options): Promise<Measure[]> => {
  const rewards = await judged(
    (x, _, own) => preferenceOf(preference, x, own, scale),
    images,
    IMAGE,
    conditions,
  );
  const pairs = pairsOf(images.length).filter(([i, j]) => rewards[i] !== rewards[j]);
  if (pairs.length === 0) return [];
  const both = pairs.flat();
  const rng = createRng(EVALUATION_SEED).fork('judge');
  const right = pairs.map((): number[] => []);
  for (const place of LOOKED_AT) {
    const t = grid[place]!;
    const noised = pairs.flatMap(([i, j]) => {
      const noise = noiseFor([rng.fork(`${t}/${i}`)]);
      return [i, j].map((k) => images[k]!.map((x, d) => signalAt(t) * x + noiseAt(t) * noise[d]!));
    });
    const scores = await judged(
      judge,
      noised,
      t,
      both.map((k) => conditions[k]!),
    );
    pairs.forEach(([i, j], k) => {
      right[k]!.push(rewards[i]! > rewards[j]! === scores[2 * k]! > scores[2 * k + 1]! ? 1 : 0);
    });
    await between();
  }
  const named = (id: string, name: string) => ({ id, name, better: 'higher' as const });
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return [
    // Over pairs: what is said of one at five times is not said five times over.
    meanOf(
      named('judge', 'Step-aware model says as the reward'),
      'share',
      right.map((own) => sum(own) / own.length),
    ),
    ...LOOKED_AT.map((place, k) =>
      shareOf(
        named(`judge/${grid[place]}`, `Step-aware model at t = ${grid[place]}`),
        sum(right.map((own) => own[k]!)),
        pairs.length,
      ),
    ),
  ];
};
