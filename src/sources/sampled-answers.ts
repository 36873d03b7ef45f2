import { choice } from '../methods/params';
import { treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { labelOf, scoreAnswer } from '../search/score-answer';
import { scored } from './scored';
import { defineSource } from './source';

/**
 * The model's own answers, right and wrong, each by itself: with its score, the label `desirable`, and `logProposal`, the
 * exact log-prob under the distribution that it was drawn from, temperature and top-p included.
 */
export const sampledAnswers = defineSource({
  id: 'sampled-answers',
  name: 'Sampled answers',
  summary: 'The model answers each problem several times; every answer is kept, with a label and a score.',
  params: {
    ...scored,
    desirable: choice({
      label: 'what is desirable',
      help: 'Which answers have the label “desirable”: right ones, or those that a world’s judge calls safe or helpful.',
      options: { right: 'right by the verifier', safe: 'safe', helpful: 'helpful' },
      default: 'right',
      from: 'ours',
    }),
  },
  makes: ['answers', 'lists'],
  needs: ({ desirable }) => (desirable === 'right' ? [] : [desirable]),
  make: (ctx, { samples, temperature, topP, scoring, desirable }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const { problem } = answers[0]!;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: answers.map((answer) => ({
          steps: judgedSteps(answer),
          score: scoreAnswer(answer, scoring),
          labels: { desirable: labelOf(answer, desirable), logProposal: answer.proposalLogProb },
        })),
        comparisons: [],
      });
    }),
});
