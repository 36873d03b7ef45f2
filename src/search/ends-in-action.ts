import type { StepTokens } from './split-tokens';

/** Without what the environment says after the model's last word: nothing that is scored comes after it. */
export const endingInAction = <T extends StepTokens>(steps: readonly T[]): T[] => {
  let length = steps.length;
  while (length > 0 && steps[length - 1]!.given) length--;
  return steps.slice(0, length);
};
