import type { Task } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** A step as text and as the tokens that were sampled for it. */
export interface StepTokens {
  text: string;
  tokens: number[];
  /** Said by the environment and not by the model: never scored. */
  given?: true;
}

/** Of a world with turns every other line is the environment's; the model has the first word. */
const isGiven = ({ environment }: Pick<Task, 'environment'>, i: number) =>
  environment && i % 2 === 1 ? { given: true as const } : {};

/**
 * Cuts a sampled answer into the steps of its task without encoding anything anew: a step ends at the token at which
 * the decoded text reaches the step's last character. Tokens without text (EOS) stay with the step before them; an
 * answer of EOS alone is one step with empty text.
 * @throws when a token straddles the end of a step, since then no prefix of tokens spells the prefix of steps
 */
export const splitTokens = (task: Task, tokenizer: Tokenizer, tokens: readonly number[]): StepTokens[] => {
  const text = tokenizer.decode(tokens);
  const texts = task.splitSteps(text);
  if (texts.join('') !== text) {
    throw new Error(
      `The task "${task.id}" splits ${JSON.stringify(text)} into steps that do not add up to it.`,
    );
  }
  if (texts.length === 0) return tokens.length === 0 ? [] : [{ text: '', tokens: [...tokens] }];

  const steps: StepTokens[] = [];
  let from = 0;
  let reached = 0;
  texts.forEach((step, i) => {
    const end = reached + step.length;
    let to = from;
    let length = reached;
    while (length < end && to < tokens.length) length = tokenizer.decode(tokens.slice(0, ++to)).length;
    if (length !== end) {
      throw new Error(
        `Token ${JSON.stringify(tokenizer.token(tokens[to - 1]!))} runs across the end of step ${i + 1} ${JSON.stringify(step)}; ` +
          'stepwise methods need a tokenizer that ends a token at every newline.',
      );
    }
    if (i === texts.length - 1) to = tokens.length;
    steps.push({ text: step, tokens: tokens.slice(from, to), ...isGiven(task, i) });
    from = to;
    reached = end;
  });
  return steps;
};

/**
 * Encodes a text step by step.
 * @throws when the steps' tokens are not those of the whole text: a model would then see other tokens than it samples
 */
export const encodeSteps = (task: Task, tokenizer: Tokenizer, text: string): StepTokens[] => {
  const steps = task
    .splitSteps(text)
    .map((step, i): StepTokens => ({ text: step, tokens: tokenizer.encode(step), ...isGiven(task, i) }));
  const joined = steps.flatMap((step) => step.tokens);
  const whole = tokenizer.encode(text);
  if (joined.length !== whole.length || joined.some((token, i) => token !== whole[i])) {
    throw new Error(
      `The tokenizer encodes the steps of ${JSON.stringify(text)} otherwise than the whole text; ` +
        'use a tokenizer that ends a token at every newline.',
    );
  }
  return steps;
};
