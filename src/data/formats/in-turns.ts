import { asTurns } from './conversation';
import type { Example } from './example';

/** Plain texts as a turn of the user and one of the assistant; conversations as they are. */
export const inTurns = (example: Example): Example => {
  const prompt = asTurns(example.prompt, 'user');
  switch (example.kind) {
    case 'pair':
      return {
        ...example,
        prompt,
        chosen: asTurns(example.chosen, 'assistant'),
        rejected: asTurns(example.rejected, 'assistant'),
      };
    case 'step':
      return { ...example, prompt };
    case 'scored':
      return {
        ...example,
        prompt,
        responses: example.responses.map((r) => ({ ...r, text: asTurns(r.text, 'assistant') })),
      };
  }
};
