import { choice, number } from '../methods/params';
import { treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import type { LabelledStep } from '../search/build-trees';
import { labelled } from '../search/build-trees';
import { endingInAction } from '../search/ends-in-action';
import { judgedSteps } from '../search/judged-steps';
import { withJunkTurns } from '../search/junk-turns';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { scoreAnswer } from '../search/score-answer';
import { encodeSteps } from '../search/split-tokens';
import type { Problem } from '../tasks/task';
import { sampling } from './sampling';
import { defineSource } from './source';

/** What a text of the expert's, or one that was made longer, looks like as an answer. */
const answerOf = ({ task, tokenizer }: PipelineContext, problem: Problem, text: string) => {
  const verdict = task.verify(problem, text);
  const judgement = task.judge?.({ problem, text, verdict });
  const steps = encodeSteps(task, tokenizer, text);
  return { problem, text, verdict, steps, ...(judgement && { judgement }) };
};

/** Up to so many turns of the model's, with what the environment says in between. */
const firstTurns = (steps: readonly LabelledStep[], most: number): LabelledStep[] => {
  let turns = 0;
  return steps.filter((step) => (step.given ? turns < most : turns++ < most));
};

const turnsOf = (steps: readonly LabelledStep[]) => steps.filter(({ given }) => !given).length;

/**
 * DMPO's data (section 5): the expert's trajectory against one of the model's own on the same task; the higher reward wins, ties are
 * dropped. In a world without turns the lines of an answer stand for them, and the worked solution for the expert.
 */
export const expertAndRollout = defineSource({
  id: 'expert-and-rollout',
  name: 'Expert and rollout',
  summary:
    'The expert’s trajectory is chosen, and one of the model’s own that came to less is rejected; optionally with junk turns at its end.',
  params: {
    ...sampling,
    samples: {
      ...sampling.samples,
      help: 'Trajectories of the model for each task, of which one that came to less is taken.',
      default: 2,
    },
    junk: number({
      label: 'junk turns',
      help: 'Turns that lead nowhere, added to the end of a rejected trajectory that did not reach its goal: the noisy setting. 0 is the clean one.',
      min: 0,
      max: 20,
      integer: true,
      default: 0,
      from: 'ours',
    }),
    cut: choice({
      label: 'rejected trajectory',
      help: 'Whether a long rejected trajectory is cut.',
      options: {
        whole: 'whole, as the released script has it',
        five: 'cut to five turns more than the expert’s',
      },
      default: 'whole',
      from: 'code',
    }),
  },
  makes: ['turns', 'pairs'],
  make: (ctx, { samples, temperature, topP, junk, cut }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const { problem } = answers[0]!;
      const expert = answerOf(ctx, problem, problem.solution);
      const scoreOf = (answer: Pick<Answer, 'verdict' | 'steps' | 'judgement'>) =>
        scoreAnswer(answer, 'judge');
      const best = scoreOf(expert);
      const worse = answers.filter((answer) => scoreOf(answer) < best);
      if (worse.length === 0) return undefined;
      const own = ctx.rng.pick(worse);
      const chosen = labelled(expert.steps, () => 1);
      if (!ctx.task.environment) chosen.at(-1)?.tokens.push(ctx.tokenizer.eos);
      // A generator of its own, so that the noisy setting has the pairs of the clean one.
      const rng = ctx.rng.fork(`junk/${made}`);
      const noisy = junk > 0 && withJunkTurns(ctx.task, problem, own.text, junk, rng);
      const rejected = judgedSteps(noisy ? answerOf(ctx, noisy.problem, noisy.text) : own);
      const most = cut === 'five' ? turnsOf(chosen) + 5 : Number.POSITIVE_INFINITY;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: [
          { steps: endingInAction(chosen), score: best },
          { steps: endingInAction(firstTurns(rejected, most)), score: scoreOf(own) },
        ],
        comparisons: [{ chosen: 0, rejected: 1, margin: best - scoreOf(own) }],
      });
    }),
});
