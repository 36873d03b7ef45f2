/** Pairs of answers to be clicked on, from the model that the page has open. */
import type { TrainerApi } from '../../../workers/protocol';
import type { Problem } from '../../tasks/task';
import type { Which } from '../answers';
import { type Candidate, type ClickPair, type ClickSession, promptsOf } from './session';

type Engine = Pick<TrainerApi, 'problems' | 'answer' | 'chat'>;

/** Beyond those that evaluations ask, of which there are at most 10,000: what is trained on is never measured on. */
const firstProblem = 20_000;

/** Samples that are tried until two differ. */
const tries = 3;
const temperature = 1;

interface Asked {
  pairs: ClickPair[];
  /** Prompts whose answers were all alike. */
  alike: number;
}

const pairOf = (prompt: string, all: readonly Candidate[]): ClickPair | undefined => {
  const [first] = all;
  const second = all.find(({ text }) => text !== first?.text);
  return first && second && { prompt, answers: [first, second] };
};

const made = (pairs: readonly (ClickPair | undefined)[]): Asked => {
  const own = pairs.filter((pair) => pair !== undefined);
  return { pairs: own, alike: pairs.length - own.length };
};

const answersTo = async (
  api: Engine,
  problems: readonly Problem[],
  { task, maxTokens, which, seed }: { task: string; maxTokens: number; which: Which; seed: number },
): Promise<Candidate[]> => {
  const answers = await api.answer([...problems], { which, temperature, seed, maxTokens, task });
  return answers.map(({ text, tokens, verdict }) => ({
    text,
    tokens: tokens.length,
    right: verdict.correct,
  }));
};

const said = async (
  api: Engine,
  prompt: string,
  chat: boolean,
  options: Parameters<TrainerApi['chat']>[1],
): Promise<Candidate> => {
  const { text, tokens } = await api.chat(chat ? [{ role: 'user', content: prompt }] : prompt, options);
  return { text, tokens: tokens.length };
};

/**
 * Two sampled answers to each of the next prompts.
 * @param from how many prompts have been asked before
 */
export const askPairs = async (
  api: Engine,
  { world, chat, seed, prompts }: ClickSession,
  { from, count, maxTokens }: { from: number; count: number; maxTokens: number },
): Promise<Asked> => {
  const seedAt = (i: number) => seed * 1000 + i;
  if (world) {
    const problems = await api.problems(world.task, world.difficulty, firstProblem + from, count);
    const samples: Candidate[][] = [];
    const pairAt = ({ prompt }: Problem, k: number) =>
      pairOf(
        prompt,
        samples.map((own) => own[k]!),
      );
    for (let i = 0; i < tries && !problems.every(pairAt); i++)
      samples.push(
        await answersTo(api, problems, { task: world.task, maxTokens, which: 'policy', seed: seedAt(i) }),
      );
    return made(problems.map(pairAt));
  }
  const pairs: (ClickPair | undefined)[] = [];
  for (const prompt of prompts.slice(from, from + count)) {
    const samples: Candidate[] = [];
    for (let i = 0; i < tries && !pairOf(prompt, samples); i++)
      samples.push(
        await said(api, prompt, chat, { which: 'policy', temperature, seed: seedAt(i), maxTokens }),
      );
    pairs.push(pairOf(prompt, samples));
  }
  return made(pairs);
};

/** The same prompts, each answered by the model as it was and as it is, from one on. */
export const askBlind = async (
  api: Engine,
  { world, chat, seed, first }: ClickSession,
  { from, count, maxTokens }: { from: number; count: number; maxTokens: number },
): Promise<Asked> => {
  // Other seeds than those that the clicked answers were drawn with; one seed for both models, so that what differs is theirs.
  const seedAt = (i: number) => seed * 1000 + 500 + i;
  const prompts = promptsOf(first).slice(from, from + count);
  if (world) {
    const all = await api.problems(world.task, world.difficulty, firstProblem, first.asked);
    const problems = prompts.flatMap((prompt) => all.find((problem) => problem.prompt === prompt) ?? []);
    const pairs: (ClickPair | undefined)[] = problems.map(() => undefined);
    for (let i = 0; i < tries; i++) {
      const open = problems.filter((_, k) => !pairs[k]);
      if (open.length === 0) break;
      const of = (which: Which) =>
        answersTo(api, open, { task: world.task, maxTokens, which, seed: seedAt(i) });
      const [before, now] = [await of('reference'), await of('policy')];
      open.forEach((problem, k) => {
        pairs[problems.indexOf(problem)] = pairOf(problem.prompt, [before[k]!, now[k]!]);
      });
    }
    return made(pairs);
  }
  const pairs: (ClickPair | undefined)[] = [];
  for (const prompt of prompts) {
    let pair: ClickPair | undefined;
    for (let i = 0; i < tries && !pair; i++) {
      const options = { temperature, seed: seedAt(i), maxTokens };
      const before = await said(api, prompt, chat, { ...options, which: 'reference' });
      pair = pairOf(prompt, [before, await said(api, prompt, chat, { ...options, which: 'policy' })]);
    }
    pairs.push(pair);
  }
  return made(pairs);
};
