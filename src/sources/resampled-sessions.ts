import { choice, number } from '../methods/params';
import { pairTree } from '../search/build-trees';
import { endingInAction } from '../search/ends-in-action';
import { judgedSteps } from '../search/judged-steps';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Interrupted } from '../search/resampled';
import { takenUpAgain } from '../search/resampled';
import type { Answer } from '../search/sample-answers';
import { answerBatches } from '../search/sample-answers';
import { scoreAnswer } from '../search/score-answer';
import { describeTally, newTally, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import { plural } from '../util/count';
import { range } from '../util/range';
import { sampling } from './sampling';
import { defineSource } from './source';

const scoreOf = (answer: Pick<Answer, 'verdict' | 'steps' | 'judgement'>) => scoreAnswer(answer, 'judge');

/** How far a session came to its goal, from 0 to 1. */
const goalOf = (answer: Answer) => answer.judgement?.labels['goal'] ?? scoreAnswer(answer, 'prefix');

/** Index of the first of its own steps that the verifier faults; undefined where there is none. */
const firstError = ({ steps, verdict }: Answer): number | undefined => {
  const at = steps.findIndex(({ given }, i) => !given && verdict.steps[i]?.correct === false);
  return at < 0 ? undefined : at;
};

/** What a session stands at after one of its own steps, judged as if it ended there. */
const standing = ({ task }: PipelineContext, { problem, steps }: Answer, i: number): number => {
  // What the environment says to a turn belongs to where the session stands after it.
  const done = steps.slice(0, steps[i + 1]?.given ? i + 2 : i + 1);
  const text = done.map((step) => step.text).join('');
  const verdict = task.verify(problem, text);
  const judgement = task.judge?.({ problem, text, verdict });
  return scoreOf({ verdict, steps: done, ...(judgement && { judgement }) });
};

/** The step, from the error on, with which the better session has passed the best that the other one came to after it. */
const decidedAt = (ctx: PipelineContext, best: Answer, bad: Answer, from: number): number => {
  const ownSteps = ({ steps }: Answer) =>
    range(steps.length - from)
      .map((i) => from + i)
      .filter((i) => !steps[i]!.given);
  const highest = Math.max(...ownSteps(bad).map((i) => standing(ctx, bad, i)));
  return ownSteps(best).find((i) => standing(ctx, best, i) > highest) ?? best.steps.length - 1;
};

const isOwn = ({ given }: { given?: true }) => !given;

/**
 * SDPO's data: a session that falls short of its goal; its erroneous turn; sessions sampled anew from just before it, of which the best
 * is kept when it is better; and the segment, from the error on, to which it owes that. Both sides have equally many turns.
 */
export const resampledSessions = defineSource({
  id: 'resampled-sessions',
  name: 'Re-sampled sessions',
  summary:
    'Finds the turn at which a session went wrong and lets the model take it up again from just before; the segment that made the better session better is compared with as many turns of the other.',
  params: {
    threshold: number({
      label: 'goal threshold',
      help: 'Sessions that come less far to their goal are taken up again; the paper’s 7 of 10.',
      min: 0.05,
      max: 1,
      default: 0.7,
      from: 'paper',
    }),
    samples: {
      ...sampling.samples,
      label: 'sessions',
      help: 'New sessions from just before the error, of which the best is kept.',
      default: 5,
      from: 'paper',
    },
    temperature: { ...sampling.temperature, from: 'paper' },
    topP: sampling.topP,
    segment: choice({
      label: 'what is compared',
      help: 'Which turns count, from the erroneous one on.',
      options: {
        segment: 'the segment to which the better session owes its score, equally long on both sides',
        turn: 'the erroneous turn alone',
        session: 'all turns to the end',
      },
      default: 'segment',
      from: 'paper',
    }),
  },
  makes: ['turns', 'pairs'],
  async *make(ctx, { threshold, samples, temperature, topP, segment }) {
    const drawn = { temperature, topP };
    const tally = newTally();
    let made = 0;
    let found = 0;
    const note = () => `${describeTally(tally)}; ${plural(found, 'session')} taken up again`;
    for await (const batch of answerBatches(ctx, { ...drawn, count: 1 }, tally, () => ctx.count - made)) {
      const failed = batch.flat().flatMap((answer): Interrupted[] => {
        const kept = goalOf(answer) < threshold ? firstError(answer) : undefined;
        return kept === undefined ? [] : [{ answer, kept }];
      });
      found += failed.length;
      ctx.progress(made, note());
      const again = await takenUpAgain(ctx, failed, { ...drawn, count: samples });
      for (const [i, { answer: bad, kept }] of failed.entries()) {
        const sessions = again[i]!;
        tally.continued += samples;
        tally.continuedRight += sessions.filter(({ verdict }) => verdict.correct).length;
        const best = sessions.reduce<Answer | undefined>(
          (a, b) => (a && scoreOf(a) >= scoreOf(b) ? a : b),
          undefined,
        );
        const other = scoreOf(bad);
        if (!best || scoreOf(best) <= other) continue;
        const end = {
          turn: kept + 1,
          segment: decidedAt(ctx, best, bad, kept) + 1,
          session: Number.POSITIVE_INFINITY,
        }[segment];
        const side = (answer: Answer) => judgedSteps(answer).slice(kept, end);
        const [chosen, rejected] = [side(best), side(bad)];
        // As many turns on both sides, so that what depends on the state alone cancels.
        const turns =
          segment === 'session'
            ? Number.POSITIVE_INFINITY
            : Math.min(chosen.filter(isOwn).length, rejected.filter(isOwn).length);
        const cut = (steps: typeof chosen) => {
          let own = 0;
          return endingInAction(steps.filter((step) => (isOwn(step) ? own++ < turns : own < turns)));
        };
        const spelt = (steps: typeof chosen) =>
          cut(steps)
            .map(({ tokens }) => tokens.join(' '))
            .join('|');
        if (spelt(chosen) === spelt(rejected)) continue;
        throwIfAborted(ctx.signal);
        yield pairTree({
          id: `${bad.problem.id}#${made}`,
          prompt: promptTokens(ctx.tokenizer, bad.problem),
          prefix: judgedSteps(bad).slice(0, kept),
          chosen: cut(chosen),
          rejected: cut(rejected),
        });
        made++;
        if (made >= ctx.count) {
          ctx.progress(made, note());
          return;
        }
      }
      ctx.progress(made, note());
    }
    throw tooFewTrees(ctx, made, tally);
  },
});
