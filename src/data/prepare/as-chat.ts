import type { Example, Message, Text } from '../formats/example';
import { isConversation } from '../formats/example';

const wrap = (text: Text, role: string): Message[] =>
  isConversation(text) ? text : [{ role, content: text }];

/** Plain texts as a question and an answer. */
const chat = (example: Example): Example => {
  const prompt = wrap(example.prompt, 'user');
  switch (example.kind) {
    case 'pair':
      return {
        ...example,
        prompt,
        chosen: wrap(example.chosen, 'assistant'),
        rejected: wrap(example.rejected, 'assistant'),
      };
    case 'step':
      return { ...example, prompt };
    case 'scored':
      return {
        ...example,
        prompt,
        responses: example.responses.map((r) => ({ ...r, text: wrap(r.text, 'assistant') })),
      };
  }
};

/** The example as the settings want it written: plain rows as conversations, a system message before conversations. */
export const writtenAs = (
  example: Example,
  settings: { plainRows: 'text' | 'chat'; system: string },
): Example => {
  const own = settings.plainRows === 'chat' ? chat(example) : example;
  const { prompt } = own;
  if (settings.system === '' || !isConversation(prompt) || prompt[0]?.role === 'system') return own;
  return { ...own, prompt: [{ role: 'system', content: settings.system }, ...prompt] };
};
