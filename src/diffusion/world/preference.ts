/** What a run prefers: one reward, or several together, each in units of its spread over images of the base. */
import type { Tensor1D, Tensor2D } from '../../tf';
import { tf } from '../../tf';
import type { Condition } from './condition';
import type { RewardId } from './reward-infos';
import { rewardIds } from './reward-infos';
import { rewardOf } from './rewards';

/** Mean and standard deviation of each reward over images of a base. Fixed during a run. */
export type Scale = Readonly<Record<RewardId, { mean: number; sd: number }>>;

/** A reward by itself; `mix`, brightness, symmetry and colour alike; `weighed`, the three by weights of one's own. */
export type PreferenceId = RewardId | 'mix' | 'weighed';

/** The rewards that a mix is made of; the shape is left to judge it by. */
export const mixed = ['brightness', 'symmetry', 'colour'] as const;

export interface Preference {
  id: PreferenceId;
  /** Of `weighed`. */
  weights?: Readonly<Record<(typeof mixed)[number], number>>;
}

/** A reward that is far out counts no more than this in a mix. */
const BOUND = 1.5;

const alike = { brightness: 1, symmetry: 1, colour: 1 };

/** The rewards that a preference is made of, with their shares. @throws Error when every weight is 0 */
const partsOf = ({ id, weights = alike }: Preference): [RewardId, number][] => {
  if (id !== 'mix' && id !== 'weighed') return [[id, 1]];
  const given = id === 'mix' ? alike : weights;
  const sum = mixed.reduce((total, reward) => total + given[reward], 0);
  if (!(sum > 0)) {
    throw new Error(
      'data.source.params: all weights of the rewards are 0; give at least one of them some weight.',
    );
  }
  return mixed.flatMap((reward) =>
    given[reward] > 0 ? [[reward, given[reward] / sum] as [RewardId, number]] : [],
  );
};

const isOne = (parts: readonly unknown[], { id }: Preference) =>
  parts.length === 1 && id !== 'mix' && id !== 'weighed';

/** z-scores of raw rewards by name. */
export const standardised = (raw: Readonly<Record<string, number>>, scale: Scale): Record<RewardId, number> =>
  Object.fromEntries(rewardIds.map((id) => [id, (raw[id]! - scale[id].mean) / scale[id].sd])) as Record<
    RewardId,
    number
  >;

/** The preference from z-scores. */
export const preferred = (preference: Preference, z: Readonly<Record<string, number>>): number => {
  const parts = partsOf(preference);
  if (isOne(parts, preference)) return z[parts[0]![0]]!;
  return parts.reduce((sum, [id, share]) => sum + share * BOUND * Math.tanh(z[id]! / BOUND), 0);
};

/** The same of images, differentiable in them. @param images [B, SIZE]; @returns [B] */
export const preferenceOf = (
  preference: Preference,
  images: Tensor2D,
  conditions: readonly Condition[],
  scale: Scale,
): Tensor1D =>
  tf.tidy(() => {
    const parts = partsOf(preference);
    const z = (id: RewardId) =>
      tf.mul(tf.sub(rewardOf(id, images, conditions), scale[id].mean), 1 / scale[id].sd) as Tensor1D;
    if (isOne(parts, preference)) return z(parts[0]![0]);
    return parts
      .map(([id, share]) => tf.mul(tf.tanh(tf.mul(z(id), 1 / BOUND)), share * BOUND) as Tensor1D)
      .reduce((a, b) => tf.add(a, b) as Tensor1D);
  });
