import type { Problem, Task } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { isEnd } from '../tokenizer/tokenizer';
import type { Sample, SampleOptions, SampleRequest } from './pipeline';
import { promptTokens } from './prompt-tokens';
import { isUsable } from './sample-answers';
import { stepEndTokens } from './step-ends';
import { throwIfAborted } from './throw-if-aborted';

export interface StepBeamContext {
  task: Task;
  tokenizer: Tokenizer;
  sample(requests: readonly SampleRequest[], options: SampleOptions): Promise<Sample[][]>;
  /** Worth of each sequence, read at its last token. */
  values(sequences: readonly (readonly number[])[]): Promise<number[]>;
  signal: AbortSignal;
}

export interface StepBeamOptions {
  /** Beginnings that are kept, and steps sampled after each: B1 and B2 of the papers. */
  beams: number;
  candidates: number;
  temperature: number;
  topP: number;
  /** Steps and tokens of an answer at most. */
  depth: number;
  maxTokens: number;
}

interface Beginning {
  problem: number;
  tokens: readonly number[];
  value: number;
  /** The answer has ended, or been cut off. */
  done: boolean;
}

/** The best of one problem, equal beginnings once, earlier ones first among equals. */
const bestOf = (all: readonly Beginning[], count: number): Beginning[] => {
  const distinct = new Map<string, Beginning>();
  for (const beginning of all) {
    const key = beginning.tokens.join(' ');
    if (!distinct.has(key)) distinct.set(key, beginning);
  }
  return [...distinct.values()].sort((a, b) => b.value - a.value).slice(0, count);
};

/**
 * Step beam search guided by a value (SVPO, OREO): after each of the beginnings that are kept, steps are sampled; of all, ended ones
 * included, those of the highest value are kept, until all of them have ended. Many problems side by side.
 * @returns the tokens of each problem's answer, that of the highest value
 */
export const stepBeamAnswers = async (
  ctx: StepBeamContext,
  problems: readonly Problem[],
  { beams, candidates, temperature, topP, depth, maxTokens }: StepBeamOptions,
): Promise<number[][]> => {
  const { tokenizer } = ctx;
  const stopTokens = stepEndTokens(ctx.task, tokenizer);
  const prompts = problems.map((problem) => promptTokens(tokenizer, problem));
  const withPrompt = ({ problem, tokens }: Beginning) => [...prompts[problem]!, ...tokens];
  let kept = problems.map((_, problem): Beginning[] => [{ problem, tokens: [], value: 0, done: false }]);
  for (let step = 1; step <= depth; step++) {
    const open = kept.flat().filter(({ done }) => !done);
    if (open.length === 0) break;
    throwIfAborted(ctx.signal);
    const room = (tokens: readonly number[]) => maxTokens - tokens.length;
    const samples = await ctx.sample(
      open.map((beginning) => ({ tokens: withPrompt(beginning) })),
      {
        count: candidates,
        temperature,
        topP,
        maxTokens: Math.max(1, ...open.map(({ tokens }) => room(tokens))),
        stopTokens,
      },
    );
    const next = open.flatMap(({ problem, tokens }, i) =>
      bestOf(
        samples[i]!.map((sample): Beginning => {
          const all = [...tokens, ...sample.tokens].slice(0, maxTokens);
          const ended = !isUsable(ctx, sample) || isEnd(tokenizer, sample.tokens.at(-1));
          return { problem, tokens: all, value: 0, done: ended || room(all) <= 0 || step === depth };
        }),
        candidates,
      ),
    );
    throwIfAborted(ctx.signal);
    const values = await ctx.values(next.map(withPrompt));
    const valued = next.map((beginning, i) => ({ ...beginning, value: values[i]! }));
    const byProblem = kept.map((own) => own.filter(({ done }) => done));
    for (const beginning of valued) byProblem[beginning.problem]!.push(beginning);
    kept = byProblem.map((own) => bestOf(own, beams));
  }
  return kept.map((own) => [...own[0]!.tokens]);
};
