import { choice, flag } from '../methods/params';
import { treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import { sameAnswer } from '../search/same-answer';
import type { Answer } from '../search/sample-answers';
import { scoreAnswer } from '../search/score-answer';
import { writtenAnswer } from '../search/written-answer';
import type { Task } from '../tasks/task';
import { sampling } from './sampling';
import { defineSource } from './source';

/** Who wrote an answer, as its label `writer` says it. */
export const writerLabels = { self: 0, strong: 1, gold: 2, careless: 3 } as const;

type Written = readonly [Answer, keyof typeof writerLabels];

const writersOf = (task: Task): NonNullable<Task['writers']> => {
  if (!task.writers) {
    throw new Error(
      `“${task.name}” has no other writers than the model; use the world “Guarded sums” (data.task "guard").`,
    );
  }
  return task.writers;
};

/** The reward model of a toy: the verifier's share of right lines before the first mistake. */
const reward = ([answer]: Written) => scoreAnswer(answer, 'prefix');

/** The best and the worst of them; undefined where all are worth the same. */
const extremes = (written: readonly Written[]): [Written, Written] | undefined => {
  const ranked = [...written].sort((a, b) => reward(b) - reward(a));
  const [best, worst] = [ranked[0], ranked.at(-1)];
  return best && worst && reward(best) > reward(worst) ? [best, worst] : undefined;
};

/**
 * The five data sets of "More is Less": the same requests, with chosen and rejected by different writers. The reward model is the
 * verifier, the gold answer the world's own in the model's style, the strong one right as well and in a style of its own; the
 * original pairs are two other people's, one of whom is careless.
 */
export const mixedWriters = defineSource({
  id: 'mixed-writers',
  name: 'Answers by several writers',
  summary:
    'Pairs whose two sides are by the model itself, by a stronger writer with a style of its own, or by the task: what is easy to tell apart teaches little.',
  params: {
    ...sampling,
    samples: {
      ...sampling.samples,
      help: 'The model’s own answers to each problem, where a reward model chooses among them.',
      min: 2,
      default: 5,
    },
    writers: choice({
      label: 'writers',
      help: 'Whose answers are chosen and rejected.',
      options: {
        self: 'best and worst of the model’s own',
        original: 'two other writers',
        gold: 'the task’s answer against the model’s',
        strong: 'a stronger writer’s against the model’s',
        pool: 'best and worst of the model’s and the stronger writer’s',
      },
      default: 'self',
      from: 'paper',
    }),
    decoding: choice({
      label: 'the model’s rejected answer',
      help: 'Against the task’s or a stronger writer’s answer: greedy as in the paper, or sampled like all its others.',
      options: { greedy: 'greedy', matched: 'sampled, as the others' },
      default: 'greedy',
      from: 'code',
    }),
    reorder: flag({
      label: 'reward model may swap',
      help: 'Turns a pair of two writers round where the rejected answer has the higher reward.',
      default: false,
      from: 'code',
    }),
  },
  makes: ['pairs'],
  needs: () => ['safe'],
  make: (ctx, { samples, temperature, topP, writers, decoding, reorder }) => {
    const others = writersOf(ctx.task);
    const against = writers === 'gold' || writers === 'strong';
    const sampled =
      writers === 'original' || (against && decoding === 'greedy')
        ? { count: 1, temperature: 0, topP: 1 }
        : { count: against ? 1 : samples, temperature, topP };
    return treesOfAnswers(ctx, sampled, (answers, made) => {
      const pair = pairOf(ctx, others, writers, answers);
      if (!pair || sameAnswer(pair[0][0], pair[1][0])) return undefined;
      if (reorder && reward(pair[1]) > reward(pair[0])) pair.reverse();
      const { problem } = pair[0][0];
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: pair.map(([answer, writer]) => ({
          steps: judgedSteps(answer),
          score: reward([answer, writer]),
          labels: { writer: writerLabels[writer] },
        })),
        comparisons: [{ chosen: 0, rejected: 1 }],
      });
    });
  },
});

const pairOf = (
  ctx: PipelineContext,
  { strong, careless }: NonNullable<Task['writers']>,
  writers: 'self' | 'original' | 'gold' | 'strong' | 'pool',
  answers: readonly Answer[],
): [Written, Written] | undefined => {
  const { problem } = answers[0]!;
  const written = (text: string) => writtenAnswer(ctx, problem, text);
  const self = answers.map((answer): Written => [answer, 'self']);
  switch (writers) {
    case 'self':
      return extremes(self);
    case 'pool':
      return extremes([...self, [written(strong(problem)), 'strong']]);
    case 'gold':
      return [[written(problem.solution), 'gold'], self[0]!];
    case 'strong':
      return [[written(strong(problem)), 'strong'], self[0]!];
    case 'original':
      return [
        [written(problem.solution), 'gold'],
        [written(careless(problem, ctx.rng)), 'careless'],
      ];
  }
};
