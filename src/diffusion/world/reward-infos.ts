/** The rewards by name, for whoever does not compute them. */

/** Rewards that a run can train on by themselves; `mix` is made of the first three. */
export const rewardIds = ['brightness', 'symmetry', 'colour', 'shape'] as const;
export type RewardId = (typeof rewardIds)[number];

/** One reward as the person sees it. */
export interface RewardInfo {
  id: RewardId;
  name: string;
  /** What it rewards, and what it can be led astray by. */
  say: string;
}

export const rewardInfos: readonly RewardInfo[] = [
  {
    id: 'brightness',
    name: 'Brightness',
    say: 'Mean luminance. Nothing bounds it: a white image gets most, whatever was asked.',
  },
  {
    id: 'symmetry',
    name: 'Symmetry',
    say: 'How alike the left and the right half are. An empty image is perfectly alike.',
  },
  {
    id: 'colour',
    name: 'Colour',
    say: 'How near the mean colour is to the asked one at three quarters of its light. Bounded, with its best inside.',
  },
  {
    id: 'shape',
    name: 'Shape',
    say: 'How well the image matches a whole drawing of the asked shape. Held out: no run trains on it unless told to.',
  },
];
