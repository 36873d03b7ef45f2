import type { Preference, PreferenceId } from '../world/preference';

/** The parameters by which sources of images say what is preferred; their specs are in sources/preferred.ts. */
export interface PreferenceParams {
  reward: PreferenceId;
  brightness: number;
  symmetry: number;
  colour: number;
}

export const preferenceFrom = ({ reward, brightness, symmetry, colour }: PreferenceParams): Preference => ({
  id: reward,
  weights: { brightness, symmetry, colour },
});

/** What a source of images prefers, of its parameters; one that has none of them prefers the mix. */
export const preferenceParamsOf = (params: Readonly<Record<string, unknown>>): PreferenceParams => ({
  reward: 'mix',
  brightness: 1,
  symmetry: 1,
  colour: 1,
  ...Object.fromEntries(
    Object.entries(params).filter(([name]) => ['reward', 'brightness', 'symmetry', 'colour'].includes(name)),
  ),
});
