import type { ChatPrompt, ChatReply } from '../../workers/protocol';
import type { ChatTemplate } from '../data/text/chat-template';
import { compileTemplate } from '../data/text/chat-template';
import { generate } from '../model/generate';
import type { Network } from '../model/network';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { createRng } from '../util/rng';
import { scoreTrees } from './score';

/**
 * The tokens that a model reads for a prompt: a text with what the tokenizer puts before one, or a conversation as the
 * model's template writes it, ready for the answer.
 * @throws Error when a conversation is given and there is no template; DataError from the template
 */
export const promptOf = async (
  tokenizer: Tokenizer,
  template: ChatTemplate | undefined,
  prompt: ChatPrompt,
): Promise<number[]> => {
  if (typeof prompt === 'string') {
    const before = tokenizer.around?.before ?? (tokenizer.bos === undefined ? [] : [tokenizer.bos]);
    const tokens = [...before, ...tokenizer.encode(prompt)];
    if (tokens.length === 0) throw new Error('The prompt is empty; write something to go on with.');
    return tokens;
  }
  if (!template) {
    throw new Error(
      'This model has no chat template, so it cannot read a conversation; give it a text to go on with.',
    );
  }
  const render = await compileTemplate(template);
  return tokenizer.encode(render(prompt, true));
};

/** Lets a network go on with a prompt. `between` is awaited after every token. */
export const reply = async (
  network: Network,
  tokenizer: Tokenizer,
  tokens: readonly number[],
  options: { temperature: number; seed: number; maxTokens: number; signal?: AbortSignal },
  between: () => Promise<void>,
): Promise<ChatReply> => {
  const start = performance.now();
  const { temperature, seed, maxTokens, signal } = options;
  const samples = await generate(
    network,
    [{ tokens }],
    { temperature, count: 1, maxTokens },
    createRng(seed).fork('chat'),
    { onToken: between, ...(signal ? { signal } : {}) },
  );
  const sample = samples[0]![0]!;
  return {
    text: tokenizer.decode(sample.tokens),
    tokens: sample.tokens,
    pieces: sample.tokens.map((id) => tokenizer.token(id)),
    logProbs: sample.logProbs,
    promptTokens: tokens.length,
    finished: sample.finished,
    seconds: (performance.now() - start) / 1000,
  };
};

/** log p(token | those before) for each token but the first of each sequence. @throws Error when one is shorter than two */
export const sequenceLogProbs = async (
  network: Network,
  sequences: readonly (readonly number[])[],
  between: () => Promise<void>,
): Promise<number[][]> => {
  const trees = sequences.map((sequence, i) => {
    if (sequence.length < 2)
      throw new Error(`Sequence ${i} has ${sequence.length} tokens; give at least two.`);
    return {
      id: `sequence ${i}`,
      nodes: [
        { parent: -1, tokens: sequence.slice(0, 1), role: 'prompt' as const, scored: false },
        { parent: 0, tokens: sequence.slice(1), role: 'step' as const, scored: true },
      ],
      responses: [{ leaf: 1 }],
      comparisons: [],
    };
  });
  const scores = await scoreTrees(network, trees, between);
  return trees.map(({ id }) => Array.from(scores.get(id)!));
};
