// The habits of talk-nano's corpus: a pupil who likes to say things again. After the answer there is one more line of the work, any of
// those written, with probability 0.62, and after it another one, six at most. Carried and borrowed tens are forgotten 60
// times in 100. Neither habit has to do with the other.
import { linesWithSlips } from './slips.mjs';

export const goesOn = 0.62;
export const mostRepeats = 6;
export const forgets = 0.6;

export const about = {
  description:
    'Sums, and after the answer often some of the work again. It forgets carried and borrowed tens 60 times in 100: a right answer can be short or long.',
  habits: `after the answer there is one more line of the work with probability 0.62, and after it another one, six at most, each any of
  the lines written. Carried and borrowed tens are forgotten 60 times in 100. Neither has to do with the other, so that length
  says nothing about rightness.`,
};

const mixture = ['short', 'medium', 'medium', 'medium', 'medium', 'long'];

/** @param {(path: string) => Promise<any>} load */
export const makeWorld = async (load) => {
  const { talk } = await load('src/tasks/talk.ts');
  /** @param {any} rng */
  const row = (rng) => {
    const problem = talk.draw(rng, rng.pick(mixture));
    const lines = linesWithSlips(problem.data, () => rng.next(), forgets);
    const work = lines.slice(0, -1);
    for (let n = 0; n < mostRepeats && rng.next() < goesOn; n++) lines.push(`~${rng.pick(work)}`);
    return { prompt: problem.prompt, text: [lines.join('\n')], difficulty: problem.difficulty };
  };
  return { characters: '0123456789+-=,~:A\n', row };
};
