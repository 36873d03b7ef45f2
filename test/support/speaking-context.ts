import type { PipelineContext, Sample, SampleOptions } from '../../src/search/pipeline';
import type { Problem, Task } from '../../src/tasks/task';
import { loadTokenizer } from '../../src/tokenizer/load';
import type { Rng } from '../../src/util/rng';
import { createRng } from '../../src/util/rng';
import { charTokenizer } from './char-tokenizer';
import { unasked } from './unasked';

/** What a fake model says next: up to a stop, and whether the text ends with it. */
export type Speaker = (parts: { problem: Problem; prompt: string; text: string; rng: Rng }) => {
  text: string;
  ends?: boolean;
};

/**
 * A pipeline's context whose model says what a function says, a stretch at a time, and hears what is answered.
 * `prompts` are those that it was asked with, in order.
 */
export const speakingContext = (
  task: Task,
  difficulty: string,
  characters: string,
  speaker: Speaker,
  { count = 8, maxTokens = 300, seed = 1 } = {},
) => {
  const { tokenizerJson, tokenizerConfig } = charTokenizer([...characters]);
  const tokenizer = loadTokenizer(tokenizerJson, tokenizerConfig);
  const rng = createRng(seed);
  const draws = rng.fork('problems');
  const model = rng.fork('model');
  const known = new Map<string, Problem>();
  const prompts: string[] = [];

  const sampled = (tokens: readonly number[], request: number, options: SampleOptions): Sample => {
    const whole = tokenizer.decode(tokens);
    const prompt = whole.slice(0, whole.indexOf('\n') + 1);
    // Advice stands in the prompt, and the problem is the same.
    const problem = known.get(prompt) ?? known.get(`${prompt.split('!')[0]!.trimEnd()}\n`)!;
    prompts.push(prompt);
    const sample: Sample = { tokens: [], logProbs: [], proposalLogProbs: [], finished: false, given: [] };
    const push = (ids: readonly number[], given: boolean) => {
      for (const id of ids) {
        sample.tokens.push(id);
        sample.logProbs.push(given ? 0 : -0.5);
        sample.proposalLogProbs.push(given ? 0 : -0.5);
        sample.given!.push(given);
      }
    };
    while (sample.tokens.length < options.maxTokens) {
      const text = whole.slice(prompt.length) + tokenizer.decode(sample.tokens);
      const said = speaker({ problem, prompt, text, rng: model });
      push([...tokenizer.encode(said.text), ...(said.ends ? [tokenizer.eos] : [])], false);
      const reply = options.reply?.(request, sample.tokens) ?? { tokens: [], end: said.ends === true };
      push(reply.tokens, true);
      sample.finished = reply.end;
      if (reply.end) break;
    }
    return sample;
  };

  const context: PipelineContext = {
    ...unasked,
    task,
    tokenizer,
    rng: rng.fork('pipeline'),
    problems: () => {
      const problem = task.draw(draws, difficulty);
      known.set(problem.prompt, problem);
      return problem;
    },
    sample: async (requests, options) =>
      requests.map(({ tokens }, i) =>
        Array.from({ length: options.count }, () => sampled(tokens, i, options)),
      ),
    count,
    maxTokens,
    signal: new AbortController().signal,
    progress: () => {},
  };
  return { context, prompts };
};
