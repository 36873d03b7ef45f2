import type { Judgement, Problem, VerifiedAnswer } from '../tasks/task';
import { isEnd } from '../tokenizer/tokenizer';
import { inConversation } from './conversation';
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

/**
 * A sample as an answer, verified and judged; undefined when it cannot be used.
 * @param prefix what the sample goes on from, as tokens after the prompt's
 */
export const answerOfSample = (
  ctx: Pick<PipelineContext, 'task' | 'tokenizer'>,
  problem: Problem,
  sample: Sample,
  prefix: readonly number[] = [],
): Answer | undefined => {
  if (!isUsable(ctx, sample)) return undefined;
  const tokens = [...prefix, ...sample.tokens];
  const text = ctx.tokenizer.decode(tokens);
  const verdict = ctx.task.verify(problem, text);
  const judgement = ctx.task.judge?.({ problem, text, verdict });
  const steps = splitTokens(ctx.task, ctx.tokenizer, tokens);
  const proposalLogProb = sample.proposalLogProbs.reduce((sum, x) => sum + x, 0);
  return { problem, text, steps, verdict, ...(judgement && { judgement }), proposalLogProb };
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
  const speaking = inConversation(
    ctx,
    problems.map((problem) => ({ problem })),
  );
  const options = { count, temperature, topP, maxTokens: ctx.maxTokens, ...speaking };
  const samples = await ctx.sample(requests, options);
  throwIfAborted(ctx.signal);
  tally.problems += problems.length;
  return problems.map((problem, i) =>
    (samples[i] ?? []).flatMap((sample): Answer[] => {
      tally.sampled++;
      const answer = answerOfSample(ctx, problem, sample);
      if (!answer) {
        tally.unusable++;
        return [];
      }
      if (answer.verdict.correct) tally.right++;
      else tally.wrong++;
      return [answer];
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
