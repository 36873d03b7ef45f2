import { createRng } from '../../util/rng';
import type { Text } from '../formats/example';
import { promptKey } from '../formats/example';

/**
 * Whether a prompt is kept from training: the same for the same seed, share and prompt, whatever else is in the file and
 * in whatever order, so that no prompt is ever on both sides.
 */
export const heldOutBy = (seed: number, share: number): ((prompt: Text) => boolean) => {
  if (share <= 0) return () => false;
  const rng = createRng(seed).fork('held-out');
  return (prompt) => rng.fork(promptKey(prompt)).next() < share;
};
