import { choice, number } from '../methods/params';
import { treesOfAnswers } from '../search/answer-lists';
import { pairTree } from '../search/build-trees';
import { judgedSteps } from '../search/judged-steps';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { labelOf } from '../search/score-answer';
import { writtenAnswer } from '../search/written-answer';
import type { Problem } from '../tasks/task';
import { sampling } from './sampling';
import { defineSource } from './source';

/** Problems looked at in vain before the source gives up on a kind of request. */
const longestSearch = 10_000;

/** Takes the first so many different values of a field that it sees, and no others. */
const firstValues = (field: string, most: number) => {
  const known = new Set<unknown>();
  return ({ data }: Problem): boolean => {
    const value = data[field];
    if (!known.has(value) && known.size < most) known.add(value);
    return known.has(value);
  };
};

/** The world itself refuses this request. */
const isForbidden = ({ task }: PipelineContext, problem: Problem): boolean => {
  const text = problem.solution;
  const verdict = task.verify(problem, text);
  return task.judge?.({ problem, text, verdict }).labels['refused'] === 1;
};

/**
 * Egida's data: requests that are to be refused, put in many ways (attacks) about many things (topics). Chosen is a refusal that
 * another wrote, rejected what the model itself says where that is unsafe. Beside them, pairs of right and wrong answers to
 * requests that are allowed.
 */
export const attacks = defineSource({
  id: 'attacks',
  name: 'Attacks and topics',
  summary:
    'Forbidden requests in many wordings: a written refusal is chosen, the model’s own unsafe answer rejected; and some right and wrong answers to allowed requests.',
  params: {
    ...sampling,
    samples: {
      ...sampling.samples,
      help: 'Answers sampled to each request; the first unsafe one is rejected, and safe ones give no pair.',
      default: 4,
    },
    attacks: number({
      label: 'attacks',
      help: 'How many of the trained wordings are used at most.',
      min: 1,
      max: 64,
      integer: true,
      default: 64,
      from: 'ours',
    }),
    topics: number({
      label: 'topics',
      help: 'How many of the trained topics are used at most.',
      min: 1,
      max: 64,
      integer: true,
      default: 64,
      from: 'ours',
    }),
    ordinary: number({
      label: 'ordinary pairs',
      help: 'Share of the pairs that are a right and a wrong answer of the model to an allowed request; the paper has none.',
      min: 0,
      max: 0.9,
      default: 0.5,
      from: 'ours',
    }),
    refusal: choice({
      label: 'refusal',
      help: 'Whose words are chosen: the model’s style, or another writer’s, as the paper takes another model’s.',
      options: { plain: 'in the model’s style', strong: 'by another writer' },
      default: 'plain',
      from: 'ours',
    }),
  },
  makes: ['pairs'],
  needs: () => ['refused', 'safe'],
  make: (ctx, params) => {
    const ofAttacks = firstValues('wrapper', params.attacks);
    const ofTopics = firstValues('topic', params.topics);
    let ordinary = 0;
    let made = 0;
    /** What the next pair is to be of. */
    const wantsOrdinary = () => ordinary < params.ordinary * (made + 1);
    const problems = (): Problem => {
      for (let drawn = 0; drawn < longestSearch; drawn++) {
        const problem = ctx.problems();
        if (!isForbidden(ctx, problem)) {
          if (params.ordinary > 0) return problem;
        } else if (ofAttacks(problem) && ofTopics(problem)) return problem;
      }
      throw new Error(
        `Among ${longestSearch} problems of “${ctx.task.name}” none was forbidden; choose another difficulty.`,
      );
    };
    const refusalTo = (problem: Problem): Answer => {
      const { writers } = ctx.task;
      const text = params.refusal === 'strong' && writers ? writers.strong(problem) : problem.solution;
      return writtenAnswer(ctx, problem, text);
    };
    const pairOf = (answers: readonly Answer[]): [Answer, Answer] | undefined => {
      const { problem } = answers[0]!;
      if (wantsOrdinary() === isForbidden(ctx, problem)) return undefined;
      if (!wantsOrdinary()) {
        const unsafe = answers.find((answer) => labelOf(answer, 'safe') === 0);
        return unsafe && [refusalTo(problem), unsafe];
      }
      const right = answers.find(({ verdict }) => verdict.correct);
      const wrong = answers.find(({ verdict }) => !verdict.correct);
      return right && wrong && [right, wrong];
    };
    const { samples: count, temperature, topP } = params;
    return treesOfAnswers({ ...ctx, problems }, { count, temperature, topP }, (answers, index) => {
      made = index;
      const pair = pairOf(answers);
      if (!pair) return undefined;
      const [chosen, rejected] = pair;
      if (wantsOrdinary()) ordinary++;
      return pairTree({
        id: `${chosen.problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, chosen.problem),
        chosen: judgedSteps(chosen),
        rejected: judgedSteps(rejected),
      });
    });
  },
});
