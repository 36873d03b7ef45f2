import type { DataKind, Method } from '../../src/methods/method';
import { ownSource } from '../../src/methods/pass';
import type { AnswerSpec } from '../../src/search/answers-tree';
import { answersTree, comparisonsByScore } from '../../src/search/answers-tree';
import { chainTree, labelled, pairTree } from '../../src/search/build-trees';
import { promptTokens } from '../../src/search/prompt-tokens';
import type { Source } from '../../src/sources/source';
import { defineSource } from '../../src/sources/source';
import type { Problem } from '../../src/tasks/task';
import type { Tokenizer } from '../../src/tokenizer/tokenizer';
import type { PreferenceTree } from '../../src/tree/tree';

/** The lines with another digit at the end of one of them, wrong from there on. */
const withMistake = (lines: readonly string[], at: number) =>
  lines.map((line, i) => (i === at ? line.replace(/\d(?=\n?$)/, (d) => String((Number(d) + 1) % 10)) : line));

/** A right answer, one that goes wrong at its end, and one that is wrong from its start, judged line by line. */
const answersTo = (tokenizer: Tokenizer, problem: Problem): AnswerSpec[] => {
  const lines = problem.solution.split(/(?<=\n)/);
  return [lines.length, lines.length - 1, 0].map((firstMistake, i) => {
    const steps = withMistake(lines, firstMistake).map((text, j) => {
      const correct = j < firstMistake ? 1 : 0;
      const tokens = [...tokenizer.encode(text), ...(j === lines.length - 1 ? [tokenizer.eos] : [])];
      return {
        text,
        tokens,
        labels: { correct, reward: correct, score: correct, value: correct, q: correct === 1 ? 1 : -1 },
      };
    });
    const tokens = steps.reduce((sum, step) => sum + step.tokens.length, 0);
    // As if sampled from a model that gives each token a fifth.
    const labels = { desirable: i === 0 ? 1 : 0, logProposal: -tokens * Math.log(5) };
    return { steps, score: 1 - i / 2, labels };
  });
};

/** A tree of a kind that needs no model to answer. */
const treeOf = (kind: DataKind, tokenizer: Tokenizer, problem: Problem, id: string): PreferenceTree => {
  const prompt = promptTokens(tokenizer, problem);
  const [right, late, early] = answersTo(tokenizer, problem) as [AnswerSpec, AnswerSpec, AnswerSpec];
  if (kind === 'solutions') return chainTree(id, prompt, right.steps);
  if (kind === 'next-steps') {
    const [prefix, next, wrong] = [right.steps.slice(0, -1), right.steps.at(-1)!, late.steps.at(-1)!];
    return pairTree({ id, prompt, prefix, chosen: [next], rejected: labelled([wrong], () => 0) });
  }
  const answers = kind === 'lists' || kind === 'answers' ? [right, late, early] : [right, late];
  const comparisons = kind === 'answers' ? [] : comparisonsByScore(answers.map(({ score }) => score!));
  return answersTree({ id, prompt, answers, comparisons });
};

const madeAnswers = (kind: DataKind): Source =>
  defineSource({
    id: `made-${kind}`,
    name: 'Made answers',
    summary: 'The task’s solution, and the same with mistakes.',
    params: {},
    makes: [kind],
    async *make(ctx) {
      for (let i = 0; i < ctx.count; i++) {
        const problem = ctx.problems();
        yield treeOf(kind, ctx.tokenizer, problem, `${problem.id}#${i}`);
      }
    },
  });

/** The method on data of the kind that it eats, made without a model, in passes with trees of their own too. */
export const onMadeAnswers = (method: Method): Method => {
  const source = madeAnswers(method.eats);
  return {
    ...method,
    sources: [source],
    passes: (params) =>
      method.passes(params).map((pass) => (ownSource(pass) ? { ...pass, trees: source } : pass)),
  };
};
