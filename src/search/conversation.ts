import { actionsOf } from '../tasks/environment';
import type { Problem, Task } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { SampleOptions } from './pipeline';
import { stepEndTokens } from './step-ends';

/** What a request asks to go on with. */
interface Begun {
  problem: Problem;
  /** The conversation so far, the environment's words included; none when left out. */
  prefix?: string;
}

/**
 * Sampling options under which each sample is a conversation with the world's environment, to its end: it answers every action,
 * and what it says is given. Nothing in a world without turns, where an answer is a text of the model alone.
 * @param begun of each request, in order
 */
export const inConversation = (
  { task, tokenizer }: { task: Task; tokenizer: Tokenizer },
  begun: readonly Begun[],
): Pick<SampleOptions, 'stopTokens' | 'reply'> => {
  const { environment } = task;
  if (!environment) return {};
  return {
    stopTokens: stepEndTokens(task, tokenizer),
    reply: (request, tokens) => {
      const { problem, prefix = '' } = begun[request]!;
      const actions = actionsOf(prefix + tokenizer.decode(tokens));
      const { observation, end } = environment.reply(problem, actions);
      return {
        tokens: observation === '' ? [] : tokenizer.encode(observation),
        end: end !== undefined,
      };
    },
  };
};
