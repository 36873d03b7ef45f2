/** Whose turn a message is, by the names that collections use. */
const roles: Record<string, string> = {
  user: 'user',
  human: 'user',
  prompter: 'user',
  customer: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  chatgpt: 'assistant',
  bot: 'assistant',
  chatbot: 'assistant',
  ai: 'assistant',
  model: 'assistant',
  llm: 'assistant',
  system: 'system',
  developer: 'system',
  tool: 'tool',
  function: 'tool',
  observation: 'tool',
  ipython: 'tool',
  tool_response: 'tool',
  function_response: 'tool',
  tool_result: 'tool',
};

/** Turns that are a call of a tool, with the call as their text. */
const calls = new Set(['function_call', 'tool_call', 'function-call', 'tool-call']);

/** The role as templates know it; undefined for one that is not known. */
export const knownRole = (role: string): string | undefined => {
  const name = role.trim().toLowerCase();
  return Object.hasOwn(roles, name) ? roles[name] : undefined;
};

export const isCallRole = (role: string): boolean => calls.has(role.trim().toLowerCase());
