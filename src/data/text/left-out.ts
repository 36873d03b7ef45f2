import { DataError } from '../data-error';
import type { Message } from '../formats/example';
import type { RenderMessages } from './chat-template';

const without = (messages: readonly Message[], field: string): Message[] =>
  messages.map((message) => {
    if (message.extra === undefined || !Object.hasOwn(message.extra, field)) return message;
    const { [field]: _left, ...extra } = message.extra;
    return { ...message, extra };
  });

/** Names of the fields that messages have beside role and content. */
export const extraFields = (messages: readonly Message[]): string[] => [
  ...new Set(messages.flatMap(({ extra }) => (extra ? Object.keys(extra) : []))),
];

/** Whether something is written otherwise than `text`; what is not written at all without it was asked for too. */
export const differsFrom = (text: string, write: () => string): boolean => {
  try {
    return write() !== text;
  } catch (error) {
    if (error instanceof DataError) return true;
    throw error;
  }
};

/**
 * Whether a template writes a field of a conversation: its text is another one without it. `earlier` where it does so only
 * while the message is the last one, as many templates do with what was thought before an answer.
 */
export const writesField = (
  render: RenderMessages,
  messages: readonly Message[],
  field: string,
): 'yes' | 'earlier' | 'no' => {
  const differs = (turns: readonly Message[]) =>
    differsFrom(render(turns, false), () => render(without(turns, field), false));
  if (differs(messages)) return 'yes';
  const ends = messages.flatMap(({ extra }, i) =>
    extra && Object.hasOwn(extra, field) && i < messages.length - 1 ? [i + 1] : [],
  );
  return ends.some((end) => differs(messages.slice(0, end))) ? 'earlier' : 'no';
};
