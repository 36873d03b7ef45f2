import { choice, number } from '../methods/params';
import type { PassId } from '../methods/pass';
import type { PromptAnswer } from '../search/answer-prompts';
import { answerPrompts } from '../search/answer-prompts';
import { answersTree } from '../search/answers-tree';
import { bestAndWorstAt, findLengthPenalty, lengthGaps } from '../search/length-penalty';
import type { PipelineContext, Prompt } from '../search/pipeline';
import { REQUESTS_PER_CALL } from '../search/sample-answers';
import { problemLimit, TooFewTreesError } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import { responseSums } from '../tree/response-sums';
import type { PreferenceTree } from '../tree/tree';
import { plural } from '../util/count';
import { meanOf, shareOf } from '../util/measure';
import { sampling } from './sampling';
import type { Source } from './source';
import { defineSource } from './source';

/** A prompt with its answers and what the policy has come to think of each. */
interface Candidate {
  prompt: Prompt;
  answers: PromptAnswer[];
  /** beta (log-prob under the policy - log-prob under the model before it). */
  rewards: number[];
  lengths: number[];
}

/** Prompts until so many have enough answers, or there are none left; each with its answers' rewards. */
async function* candidates(
  ctx: PipelineContext,
  before: 'start' | PassId,
  { samples, temperature, topP, valid, rewardBeta }: Drawn,
): AsyncGenerator<Candidate[]> {
  const limit = problemLimit(ctx.count);
  let [asked, found] = [0, 0];
  while (found < ctx.count && asked < limit) {
    const prompts: Prompt[] = [];
    const size = Math.min(REQUESTS_PER_CALL, ctx.count - found, limit - asked);
    for (let prompt = ctx.prompts(); prompt; prompt = prompts.length < size ? ctx.prompts() : undefined) {
      prompts.push(prompt);
    }
    if (prompts.length === 0) return;
    asked += prompts.length;
    const answered = await answerPrompts(ctx, prompts, { count: samples, temperature, topP });
    const usable = prompts
      .map((prompt, i) => ({ prompt, answers: answered[i]! }))
      .filter(({ answers }) => answers.length >= Math.max(2, valid * samples));
    const trees = usable.map(({ prompt, answers }, i) =>
      answersTree({ id: `${i}`, prompt: prompt.tokens, answers, comparisons: [] }),
    );
    const now = await ctx.score(trees);
    const then = await ctx.score(trees, before);
    yield usable.map(({ prompt, answers }, i): Candidate => {
      const sums = [now, then].map((scores) => responseSums(trees[i]!, scores.get(`${i}`)!));
      const rewards = answers.map((_, a) => rewardBeta * (sums[0]![a]!.sum - sums[1]![a]!.sum));
      return { prompt, answers, rewards, lengths: answers.map(({ length }) => length) };
    });
    found += usable.length;
    ctx.progress(0, `${plural(found, 'prompt')} with answers scored, ${asked} asked`);
  }
}

interface Drawn {
  samples: number;
  temperature: number;
  topP: number;
  valid: number;
  rewardBeta: number;
}

/** On how many of a prompt's pairs of a right and a wrong answer the reward is larger for the right one; undefined without any. */
const agreementOf = ({ answers, rewards }: Candidate): number | undefined => {
  const of = (right: boolean) => rewards.filter((_, i) => answers[i]!.correct === right);
  const [right, wrong] = [of(true), of(false)];
  if (right.length === 0 || wrong.length === 0) return undefined;
  return right.flatMap((r) => wrong.filter((w) => r > w)).length / (right.length * wrong.length);
};

const pairOf = (
  { prompt, answers, rewards, lengths }: Candidate,
  alpha: number,
  made: number,
): PreferenceTree => {
  const pair = bestAndWorstAt({ rewards, lengths }, alpha);
  const scores = pair.map((i) => rewards[i]! - alpha * lengths[i]!);
  return answersTree({
    id: `${prompt.id}#${made}`,
    prompt: prompt.tokens,
    answers: pair.map((i, side) => ({ steps: answers[i]!.steps, score: scores[side]! })),
    comparisons: [{ chosen: 0, rejected: 1, margin: scores[0]! - scores[1]! }],
  });
};

/** Says what the labels are worth, and at which price of a token they were made. */
const measureLabels = (ctx: PipelineContext, all: readonly Candidate[], alpha: number) => {
  const agreements = all.map(agreementOf).filter((share) => share !== undefined);
  if (agreements.length > 0) {
    const named = {
      id: 'agreement',
      name: 'implicit reward agrees with the verifier',
      better: 'higher',
    } as const;
    ctx.measure(meanOf(named, 'share', agreements));
  }
  const pairs = all.map((candidate) => ({ candidate, pair: bestAndWorstAt(candidate, alpha) }));
  const told = pairs.filter(
    ({ candidate: { answers }, pair: [won, lost] }) => answers[won]!.correct !== answers[lost]!.correct,
  );
  if (told.length > 0) {
    const named = {
      id: 'right-chosen',
      name: 'of a right and a wrong answer the right one chosen',
      better: 'higher',
    } as const;
    ctx.measure(
      shareOf(
        named,
        told.filter(({ candidate, pair: [won] }) => candidate.answers[won]!.correct).length,
        told.length,
      ),
    );
  }
  const gaps = pairs.map(({ candidate: { lengths }, pair: [won, lost] }) => lengths[won]! - lengths[lost]!);
  ctx.measure(
    meanOf({ id: 'length-gap', name: 'chosen answers longer by', better: 'neither' }, 'tokens', gaps),
  );
  ctx.measure(
    meanOf({ id: 'length-price', name: 'price of a token', better: 'neither' }, 'of reward', [alpha]),
  );
};

/**
 * DICE's data: the policy answers, and what it has learned since the model before it says which answers are good. No verifier has a
 * say; where there is one, its agreement with the labels is measured.
 * @param before the model that the policy was trained against
 */
export const implicitRewards = (before: 'start' | PassId): Source =>
  defineSource({
    id: 'implicit-rewards',
    name: 'Implicit rewards',
    summary:
      'The model answers each prompt several times; the answer on which it has gained most against the model before it is chosen, the one on which it has gained least rejected, lengths made alike.',
    params: {
      samples: { ...sampling.samples, min: 2, default: 8 },
      temperature: { ...sampling.temperature, default: 0.9, from: 'code' },
      topP: sampling.topP,
      valid: number({
        label: 'share of usable answers',
        help: 'A prompt is used when at least this share of its answers ended by itself and differs from the others.',
        min: 0,
        max: 1,
        default: 0.25,
        from: 'ours',
      }),
      rewardBeta: number({
        label: 'beta of the reward',
        help: 'Scale of the implicit reward against the price of a token.',
        min: 0.001,
        max: 10,
        scale: 'log',
        default: 0.1,
        from: 'paper',
      }),
      lengths: choice({
        label: 'price of a token',
        help: 'What the search for the price of a token makes small; none leaves lengths alone.',
        options: { ...lengthGaps, none: 'no price' },
        default: 'absolute',
        from: 'paper',
      }),
    },
    makes: ['pairs'],
    unjudged: true,
    models: [before],
    async *make(ctx, { lengths, ...drawn }) {
      const all: Candidate[] = [];
      for await (const batch of candidates(ctx, before, drawn)) all.push(...batch);
      const distinct = all.filter(({ rewards }) => new Set(rewards).size > 1);
      if (distinct.length === 0) {
        throw new TooFewTreesError(
          `No prompt got ${plural(Math.max(2, Math.ceil(drawn.valid * drawn.samples)), 'different answer')} that ended by itself with different rewards. Sample more answers, raise the temperature or data.maxTokens.`,
        );
      }
      const alpha = lengths === 'none' ? 0 : findLengthPenalty(distinct, lengths);
      measureLabels(ctx, distinct, alpha);
      for (const [made, candidate] of distinct.slice(0, ctx.count).entries()) {
        throwIfAborted(ctx.signal);
        yield pairOf(candidate, alpha, made);
      }
      ctx.progress(
        Math.min(distinct.length, ctx.count),
        `${plural(distinct.length, 'pair')}, a token costs ${alpha}`,
      );
    },
  });
