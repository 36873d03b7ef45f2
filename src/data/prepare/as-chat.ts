import { withSystem } from '../formats/conversation';
import type { Example } from '../formats/example';
import { isConversation } from '../formats/example';
import { inTurns } from '../formats/in-turns';

/**
 * The example as the file is written: plain rows as conversations where `asChat`, and the settings' system message
 * before conversations that have none.
 */
export const writtenAs = (example: Example, asChat: boolean, system: string): Example => {
  const own = asChat ? inTurns(example) : example;
  const { prompt } = own;
  if (system === '' || !isConversation(prompt)) return own;
  return { ...own, prompt: withSystem(system, prompt, () => {}) };
};
