import { treesOfAnswers } from '../search/answer-lists';
import { answersTree } from '../search/answers-tree';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { scoreAnswer } from '../search/score-answer';
import { scored } from './scored';
import { defineSource } from './source';

/**
 * The model's own answers, right and wrong, each by itself: with its score, the label `desirable`, and `logProposal`, the
 * exact log-prob under the distribution that it was drawn from, temperature and top-p included.
 */
export const sampledAnswers = defineSource({
  id: 'sampled-answers',
  name: 'Sampled answers',
  summary:
    'The model answers each problem several times; every answer is kept, with the verifier’s label and score.',
  params: scored,
  makes: ['answers', 'lists'],
  make: (ctx, { samples, temperature, topP, scoring }) =>
    treesOfAnswers(ctx, { count: samples, temperature, topP }, (answers, made) => {
      const { problem } = answers[0]!;
      return answersTree({
        id: `${problem.id}#${made}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        answers: answers.map((answer) => ({
          steps: judgedSteps(answer),
          score: scoreAnswer(answer, scoring),
          labels: { desirable: answer.verdict.correct ? 1 : 0, logProposal: answer.proposalLogProb },
        })),
        comparisons: [],
      });
    }),
});
