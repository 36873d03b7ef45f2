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
