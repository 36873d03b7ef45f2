import { choice, number } from '../methods/params';
import { distinctAnswers } from '../search/answer-lists';
import { answersTree, comparisonsByScore } from '../search/answers-tree';
import type { Beginning } from '../search/continued';
import { continueAll } from '../search/continued';
import { judgedSteps } from '../search/judged-steps';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { answerBatches } from '../search/sample-answers';
import { scoreAnswer } from '../search/score-answer';
import { encodeSteps } from '../search/split-tokens';
import { describeTally, newTally, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import type { Problem } from '../tasks/task';
import { range } from '../util/range';
import { scored } from './scored';
import { defineSource } from './source';

/** An answer that was not sampled whole, as the world sees it. */
const answered = (
  { task }: PipelineContext,
  answer: Omit<Answer, 'proposalLogProb' | 'judgement'>,
): Answer => {
  const judgement = task.judge?.(answer);
  return { ...answer, ...(judgement && { judgement }), proposalLogProb: 0 };
};

/** The task's own solution as an answer. */
const goldAnswer = (ctx: PipelineContext, problem: Problem): Answer => {
  const { task, tokenizer } = ctx;
  const steps = encodeSteps(task, tokenizer, problem.solution);
  steps.at(-1)?.tokens.push(tokenizer.eos);
  const text = problem.solution;
  return answered(ctx, { problem, text, steps, verdict: task.verify(problem, text) });
};

/** Different places at which a trace can be cut, at most so many, in order: at least no step before, at least one after. */
const cutsOf = (ctx: PipelineContext, { steps }: Answer, count: number): number[] =>
  ctx.rng
    .shuffle(range(steps.length))
    .slice(0, count)
    .sort((a, b) => a - b);

/** What one problem gives: its solution, a wrong trace, and the branches that are to be written. */
interface Trunk {
  gold: Answer;
  wrong: Answer;
  beginnings: Beginning[];
}

/**
 * TPO's data: lists that branch off. Right steps of the solution are kept up to a few cut points, and steps of a wrong trace too where
 * that is asked for; the model writes the rest. The list is the solution, these branches and the wrong trace, each with its score.
 */
export const branchedLists = defineSource({
  id: 'branched-lists',
  name: 'Branched lists',
  summary:
    'Cuts the solution at a few steps and lets the model write the rest; the solution, these branches and a wrong answer are one scored list.',
  params: {
    ...scored,
    samples: {
      ...scored.samples,
      help: 'Answers sampled to each problem in the search for a wrong trace.',
      default: 2,
    },
    branches: number({
      label: 'branches',
      help: 'Cut points of each trace, all different; the model writes on from each.',
      min: 1,
      max: 16,
      integer: true,
      default: 3,
      from: 'code',
    }),
    trunks: choice({
      label: 'branches grow from',
      help: 'Which trace is cut.',
      options: {
        gold: 'the solution, as the code',
        both: 'the solution and the wrong trace',
      },
      default: 'gold',
      from: 'code',
    }),
    branchTemperature: number({
      label: 'temperature of branches',
      help: 'At which the model writes on.',
      min: 0.1,
      max: 2,
      default: 0.8,
      from: 'code',
    }),
    levels: number({
      label: 'levels',
      help: 'Different scores that a list has at least; lists with fewer are left out.',
      min: 2,
      max: 8,
      integer: true,
      default: 3,
      from: 'ours',
    }),
  },
  makes: ['lists'],
  async *make(ctx, params) {
    const { samples, temperature, topP, scoring, branches, trunks, branchTemperature, levels } = params;
    const tally = newTally();
    let made = 0;
    const sampled = { count: samples, temperature, topP };
    for await (const batch of answerBatches(ctx, sampled, tally, () => ctx.count - made)) {
      const all = batch.flatMap((answers): Trunk[] => {
        const wrong = answers.find(({ verdict }) => !verdict.correct);
        if (!wrong) return [];
        const gold = goldAnswer(ctx, wrong.problem);
        const cut = trunks === 'both' ? [gold, wrong] : [gold];
        const beginnings = cut.flatMap((answer) =>
          cutsOf(ctx, answer, branches).map((at) => ({
            problem: answer.problem,
            steps: answer.steps.slice(0, at),
          })),
        );
        return [{ gold, wrong, beginnings }];
      });
      ctx.progress(made, describeTally(tally));
      const ends = await continueAll(
        ctx,
        all.flatMap(({ beginnings }) => beginnings),
        { count: 1, temperature: branchTemperature, topP },
      );
      let next = 0;
      for (const { gold, wrong, beginnings } of all) {
        const grown = ends.slice(next, next + beginnings.length).flat();
        next += beginnings.length;
        const { problem } = gold;
        const branched = grown.map((end) => answered(ctx, { ...end, problem }));
        tally.continued += beginnings.length;
        tally.continuedRight += branched.filter(({ verdict }) => verdict.correct).length;
        const list = distinctAnswers([gold, ...branched, wrong]);
        const scores = list.map((answer) => scoreAnswer(answer, scoring));
        if (new Set(scores).size < levels) continue;
        throwIfAborted(ctx.signal);
        yield answersTree({
          id: `${problem.id}#${made}`,
          prompt: promptTokens(ctx.tokenizer, problem),
          answers: list.map((answer, i) => ({ steps: judgedSteps(answer), score: scores[i]! })),
          comparisons: comparisonsByScore(scores),
        });
        made++;
        if (made >= ctx.count) break;
      }
      ctx.progress(made, describeTally(tally));
      if (made >= ctx.count) return;
    }
    throw tooFewTrees(ctx, made, tally);
  },
});
