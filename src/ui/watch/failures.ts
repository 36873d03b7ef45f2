import type { createAnswers } from '../answers';

type Answers = Pick<ReturnType<typeof createAnswers>, 'problems' | 'answers'>;

/** Held-out problems that are looked through for some that the model gets wrong. */
const looked = 12;
/** Of those, how many are asked again while it trains. */
const followed = 6;

/** Numbers of the first problems that the model gets wrong before training: those on which training can be seen. */
export const failuresOf = async (answers: Answers): Promise<number[]> => {
  const problems = await answers.problems(0, looked);
  const given = await answers.answers(problems, 'reference');
  return given.flatMap((answer, i) => (answer.verdict.correct ? [] : [i])).slice(0, followed);
};

/** The first of these problems that the weights of now solve. */
export const firstSolved = async (
  answers: Answers,
  failures: readonly number[],
): Promise<number | undefined> => {
  const problems = await Promise.all(failures.map(async (i) => (await answers.problems(i, 1))[0]!));
  const given = await answers.answers(problems, 'policy');
  return failures.find((_, i) => given[i]?.verdict.correct);
};
