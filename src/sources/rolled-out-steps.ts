import { choice, number } from '../methods/params';
import { distinctAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { continueAll } from '../search/continued';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { answerBatches } from '../search/sample-answers';
import { soundSteps } from '../search/sound-steps';
import { describeTally, newTally, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import { range } from '../util/range';
import { sampling } from './sampling';
import { defineSource } from './source';

/** Beginnings of answers that are written on from: each of them once, whatever answers share it. */
const beginningsOf = (answers: readonly Answer[]) => {
  const found = new Map<string, { problem: Answer['problem']; steps: Answer['steps'] }>();
  for (const { problem, steps } of answers) {
    for (const end of range(steps.length - 1)) {
      const own = steps.slice(0, end + 1);
      found.set(keyOf(problem.id, own), { problem, steps: own });
    }
  }
  return found;
};

const keyOf = (id: string, steps: Answer['steps']) =>
  `${id}|${steps.map(({ tokens }) => tokens.join(' ')).join('|')}`;

/**
 * Full-Step-DPO's data: from the end of every step of every answer the model goes on several times, and the share of these
 * continuations that reach the right result is the step's `value`: what the model itself makes of being there. No one judges
 * steps; only results are checked. `reward` and `q` are the verifier's word, to compare with and as the upper bound.
 */
export const rolledOutSteps = defineSource({
  id: 'rolled-out-steps',
  name: 'Rolled-out steps',
  summary:
    'Right and wrong answers of the model; from the end of every step it goes on several times, and the share that ends right is the step’s value.',
  params: {
    ...sampling,
    samples: { ...sampling.samples, min: 2 },
    rollouts: number({
      label: 'rollouts of a step',
      help: 'Continuations from the end of each step.',
      min: 1,
      max: 64,
      integer: true,
      default: 8,
      from: 'ours',
    }),
    rolloutTemperature: number({
      label: 'temperature of rollouts',
      help: 'At which steps are continued.',
      min: 0.1,
      max: 2,
      default: 1,
      from: 'ours',
    }),
    pairing: choice({
      label: 'answers of a problem',
      help: 'Whether one right and one wrong answer to a problem are taken, or all of them.',
      options: { one: 'one right and one wrong', all: 'all' },
      default: 'all',
      from: 'paper',
    }),
  },
  makes: ['steps', 'pairs', 'lists'],
  async *make(ctx, { samples, temperature, topP, rollouts, rolloutTemperature, pairing }) {
    const tally = newTally();
    let made = 0;
    const sampled = { count: samples, temperature, topP };
    for await (const batch of answerBatches(ctx, sampled, tally, () => ctx.count - made)) {
      const groups = batch
        .map((all) => {
          const distinct = distinctAnswers(all);
          const right = distinct.filter(({ verdict }) => verdict.correct);
          const wrong = distinct.filter(({ verdict }) => !verdict.correct);
          if (right.length === 0 || wrong.length === 0) return [];
          return pairing === 'all' ? [...right, ...wrong] : [ctx.rng.pick(right), ctx.rng.pick(wrong)];
        })
        .filter((answers) => answers.length > 0)
        .slice(0, ctx.count - made);
      ctx.progress(made, describeTally(tally));
      const beginnings = beginningsOf(groups.flat());
      const ends = await continueAll(ctx, [...beginnings.values()], {
        count: rollouts,
        temperature: rolloutTemperature,
        topP,
      });
      const values = new Map<string, number>();
      [...beginnings].forEach(([key, { problem }], i) => {
        const reached = ends[i]!.filter(({ verdict }) => verdict.answer === problem.answer).length;
        tally.continued += rollouts;
        tally.continuedRight += reached;
        values.set(key, reached / rollouts);
      });
      for (const answers of groups) {
        throwIfAborted(ctx.signal);
        const { problem } = answers[0]!;
        // Of the last step nothing is left to roll out: its value is the result.
        const valued = (answer: Answer) =>
          soundSteps(answer).map((step, k) => ({
            ...step,
            labels: {
              ...step.labels,
              value:
                values.get(keyOf(problem.id, answer.steps.slice(0, k + 1))) ??
                (answer.verdict.answer === problem.answer ? 1 : 0),
            },
          }));
        yield answersTree({
          id: `${problem.id}#${made}`,
          prompt: promptTokens(ctx.tokenizer, problem),
          answers: answers.map((answer) => ({
            steps: valued(answer),
            score: answer.verdict.correct ? 1 : 0,
          })),
          comparisons: answers.flatMap((a, chosen) =>
            answers.flatMap((b, rejected) =>
              a.verdict.correct && !b.verdict.correct ? [{ chosen, rejected }] : [],
            ),
          ),
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
