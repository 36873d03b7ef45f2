import type { PipelineContext, Sample } from '../../../src/search/pipeline';
import { promptTokens } from '../../../src/search/prompt-tokens';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { Problem } from '../../../src/tasks/task';
import type { Tokenizer } from '../../../src/tokenizer/tokenizer';
import type { Measure } from '../../../src/util/measure';
import { createRng } from '../../../src/util/rng';

const characters = [...'0123456789+-*=\nA:, '];

/** One token per character; 0 pad, 1 bos, 2 eos. */
export const charTokenizer: Tokenizer = {
  vocabSize: 3 + characters.length,
  pad: 0,
  bos: 1,
  eos: 2,
  encode: (text) => [...text].map((c) => 3 + characters.indexOf(c)),
  decode: (tokens) => tokens.map((t) => characters[t - 3] ?? '').join(''),
  token: (id) => ['<pad>', '<bos>', '<eos>'][id] ?? characters[id - 3] ?? '?',
};

export interface FakeOptions {
  count: number;
  seed?: number;
  /** Chance that a line is wrong. */
  mistakes?: number;
  /** Chance that an answer stops before a line. */
  stops?: number;
  maxTokens?: number;
  tokenizer?: Tokenizer;
  signal?: AbortSignal;
}

/**
 * A pipeline context whose "model" works the problem out and makes mistakes in the result of a line now and then.
 * `calls` are the requests it got, as text; `notes` what was reported.
 */
export const fakeContext = (options: FakeOptions) => {
  const { count, seed = 1, mistakes = 0.2, stops = 0, maxTokens = 96 } = options;
  const tokenizer = options.tokenizer ?? charTokenizer;
  const rng = createRng(seed);
  const problems = rng.fork('problems');
  const known = new Map<string, Problem>();
  const calls: { text: string; count: number; maxTokens: number }[][] = [];
  const notes: { done: number; note: string }[] = [];
  const measures: Measure[] = [];
  const model = rng.fork('model');

  const answer = (problem: Problem, prefix: string): string => {
    // The truth from here on, wrong lines carried along: the fake corrupts a line's result and goes on from it.
    const lines = arithmetic.splitSteps(problem.solution);
    let text = prefix;
    for (let k = arithmetic.splitSteps(prefix).length; k < lines.length; k++) {
      if (model.next() < stops) return text.slice(prefix.length);
      const line = lines[k]!;
      if (model.next() < mistakes) {
        const at = line.indexOf('=') >= 0 ? line.indexOf('=') + 1 : 2;
        text += `${line.slice(0, at)}${1 + model.int(999)}${line.endsWith('\n') ? '\n' : ''}`;
      } else text += line;
    }
    return text.slice(prefix.length);
  };

  const draw = () => {
    const problem = arithmetic.draw(problems, 'medium');
    known.set(problem.prompt, problem);
    return problem;
  };
  const context: PipelineContext = {
    task: arithmetic,
    tokenizer,
    rng: rng.fork('pipeline'),
    problems: draw,
    prompts: () => {
      const problem = draw();
      return { id: problem.id, tokens: promptTokens(tokenizer, problem), problem };
    },
    score: () => Promise.reject(new Error('This context scores nothing.')),
    measure: (measure) => measures.push(measure),
    sample: async (requests, opts) => {
      calls.push(
        requests.map((r) => ({
          text: tokenizer.decode(r.tokens),
          count: opts.count,
          maxTokens: opts.maxTokens,
        })),
      );
      return requests.map((request) => {
        const text = tokenizer.decode(request.tokens);
        const end = text.indexOf('\n') + 1;
        const problem = known.get(text.slice(0, end));
        if (!problem) throw new Error(`unknown prompt ${JSON.stringify(text)}`);
        return Array.from({ length: opts.count }, (): Sample => {
          const whole = [...tokenizer.encode(answer(problem, text.slice(end))), tokenizer.eos];
          const stop = whole.findIndex((token) => opts.stopTokens?.includes(token));
          const length = stop < 0 ? whole.length : stop + 1;
          const tokens = whole.slice(0, Math.min(length, opts.maxTokens));
          return {
            tokens,
            logProbs: tokens.map(() => -0.5),
            proposalLogProbs: tokens.map(() => -0.4),
            finished: tokens.length === length,
          };
        });
      });
    },
    count,
    maxTokens,
    signal: options.signal ?? new AbortController().signal,
    progress: (done, note) => notes.push({ done, note }),
  };
  return { context, known, calls, notes, measures };
};

/** All trees of a collection. */
export const gather = async <T>(generator: AsyncGenerator<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of generator) all.push(item);
  return all;
};
