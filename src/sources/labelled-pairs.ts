import { choice, number } from '../methods/params';
import { treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { labelOf, scoreAnswer } from '../search/score-answer';
import { sampling } from './sampling';
import { defineSource } from './source';

/**
 * Pairs by what a world's judge says of the answers: one that has a label against one that has not, or the better-scored against
 * the worse. Each answer is labelled `desirable` as well, for losses of single answers.
 *
 * An anchor is a right answer compared with itself: it has no margin, so that only a likelihood of the chosen side moves it.
 */
export const labelledPairs = defineSource({
  id: 'labelled-pairs',
  name: 'Pairs by a judge',
  summary:
    'The model answers each problem several times; an answer that the world’s judge calls safe, helpful or better is chosen, one that it does not is rejected.',
  params: {
    ...sampling,
    samples: { ...sampling.samples, min: 2, default: 6 },
    by: choice({
      label: 'what is preferred',
      help: 'Which of two answers is chosen: the judge’s labels and its score look at different sides of them.',
      options: {
        score: 'the higher score',
        safe: 'safe, not unsafe',
        helpful: 'helpful, not unhelpful',
        right: 'right, not wrong',
      },
      default: 'score',
      from: 'ours',
    }),
    anchors: number({
      label: 'anchors',
      help: 'Share of the trees that are a right answer compared with itself, so that a likelihood of the chosen side holds what the model can do.',
      min: 0,
      max: 0.9,
      default: 0,
      from: 'ours',
    }),
  },
  makes: ['pairs'],
  needs: ({ by }) => (by === 'safe' || by === 'helpful' ? [by] : []),
  make: (ctx, { samples, temperature, topP, by, anchors }) => {
    const worth = (answer: Answer) => (by === 'score' ? scoreAnswer(answer, 'judge') : labelOf(answer, by));
    let anchored = 0;
    const treeOf = (pair: readonly [Answer, Answer], made: number) => {
      const isAnchor = pair[0] === pair[1];
      return answersTree({
        id: `${pair[0].problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, pair[0].problem),
        answers: pair.map((answer, i) => ({
          steps: judgedSteps(answer),
          score: worth(answer),
          labels: { desirable: i === 0 || isAnchor ? 1 : 0 },
        })),
        comparisons: [{ chosen: 0, rejected: 1, margin: worth(pair[0]) - worth(pair[1]) }],
      });
    };
    return treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const values = answers.map(worth);
      const [best, worst] = [Math.max(...values), Math.min(...values)];
      const of = (value: number) => ctx.rng.pick(answers.filter((_, i) => values[i] === value));
      if (anchored < anchors * (made + 1)) {
        const right = answers.filter(({ verdict }) => verdict.correct);
        if (right.length === 0) return undefined;
        anchored++;
        const anchor = ctx.rng.pick(right);
        return treeOf([anchor, anchor], made);
      }
      return best > worst ? treeOf([of(best), of(worst)], made) : undefined;
    });
  },
});
