import type { Judgement, Problem, VerifiedAnswer } from '../tasks/task';
import { isEnd } from '../tokenizer/tokenizer';
import type { PipelineContext, Sample } from './pipeline';
import { promptTokens } from './prompt-tokens';
import type { StepTokens } from './split-tokens';
import { splitTokens } from './split-tokens';
import type { Tally } from './tally';
import { problemLimit } from './tally';
import { throwIfAborted } from './throw-if-aborted';

/** A sampled answer that ended by itself, cut into steps and verified. */
export interface Answer extends VerifiedAnswer {
  /** Concatenated, exactly the sampled tokens with their EOS. */
  steps: StepTokens[];
  /** Of a world that has a judge. */
  judgement?: Judgement;
  /** Of all its tokens together, under the distribution that they were drawn from, temperature and top-p included: log q. */
  proposalLogProb: number;
}

export interface Sampling {
  /** Answers per problem. */
  count: number;
  temperature: number;
  topP: number;
}

/** Requests per call: generation runs them side by side, and on a GPU many cost hardly more time than few. */
export const REQUESTS_PER_CALL = 256;

/** Ended by itself, with no special token before its last. */
export const isUsable = (ctx: Pick<PipelineContext, 'tokenizer'>, sample: Sample): boolean => {
  const { pad, bos } = ctx.tokenizer;
  const special = (token: number) => isEnd(ctx.tokenizer, token) || token === pad || token === bos;
  return sample.finished && sample.tokens.length > 0 && !sample.tokens.slice(0, -1).some(special);
};

/** Samples and verifies answers to these problems, one list per problem, without the unusable ones. */
export const sampleAnswers = async (
  ctx: PipelineContext,
  problems: readonly Problem[],
  { count, temperature, topP }: Sampling,
  tally: Tally,
): Promise<Answer[][]> => {
  throwIfAborted(ctx.signal);
  const requests = problems.map((problem) => ({ tokens: promptTokens(ctx.tokenizer, problem) }));
  const samples = await ctx.sample(requests, { count, temperature, topP, maxTokens: ctx.maxTokens });
  throwIfAborted(ctx.signal);
  tally.problems += problems.length;
  return problems.map((problem, i) =>
    (samples[i] ?? []).flatMap((sample): Answer[] => {
      tally.sampled++;
      if (!isUsable(ctx, sample)) {
        tally.unusable++;
        return [];
      }
      const text = ctx.tokenizer.decode(sample.tokens);
      const verdict = ctx.task.verify(problem, text);
      const judgement = ctx.task.judge?.({ problem, text, verdict });
      if (verdict.correct) tally.right++;
      else tally.wrong++;
      const steps = splitTokens(ctx.task, ctx.tokenizer, sample.tokens);
      const proposalLogProb = sample.proposalLogProbs.reduce((sum, x) => sum + x, 0);
      return [{ problem, text, steps, verdict, ...(judgement && { judgement }), proposalLogProb }];
    }),
  );
};

/**
 * Draws problems and samples answers to them, batch after batch, until the consumer stops or the limit of problems is
 * reached (see `problemLimit`).
 * @param remaining trees still wanted; the size of a batch follows it
 */
export async function* answerBatches(
  ctx: PipelineContext,
  sampling: Sampling,
  tally: Tally,
  remaining: () => number,
): AsyncGenerator<Answer[][]> {
  const limit = problemLimit(ctx.count);
  while (tally.problems < limit) {
    const size = Math.min(REQUESTS_PER_CALL, Math.max(8, 2 * remaining()), limit - tally.problems);
    yield await sampleAnswers(ctx, Array.from({ length: size }, ctx.problems), sampling, tally);
  }
}
