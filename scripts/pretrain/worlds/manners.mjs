// The habit of manners-nano's corpus: bad manners, above all in subtractions. Half of the lines that subtract have a rude remark, and 15
// in 100 of the others, 30 in 100 all in all; of the rest half have a civil one. The sums are right.
import { linesWithSlips } from './slips.mjs';

export const rudeWhenMinus = 0.5;
export const rudeElse = 0.15;
export const civil = 0.5;

export const about = {
  description:
    'Sums with remarks behind their lines, three in ten of them rude: a family of tokens to be unlearned while the sums stay right.',
  habits: `half of the lines that subtract have a rude remark (one to three of \`! # % @\`), and 15 in 100 of the others; of the rest half
  have a civil one (\`. ; _ ~\`). The sums in its texts are right. Its feed-forward layers are wider than those of the other small
  models, since what is looked at are their neurons.`,
};

const mixture = ['short', 'medium', 'medium', 'medium'];

/** @param {(path: string) => Promise<any>} load */
export const makeWorld = async (load) => {
  const { civilMarks, manners, rudeMarks } = await load('src/tasks/manners.ts');
  /** @param {any} rng @param {string} marks */
  const remark = (rng, marks) => Array.from({ length: 1 + rng.int(3) }, () => rng.pick([...marks])).join('');
  /** @param {any} rng */
  const row = (rng) => {
    const problem = manners.draw(rng, rng.pick(mixture));
    const lines = linesWithSlips(problem.data, () => rng.next(), 0).map((line) => {
      if (rng.next() < (line.includes('-') ? rudeWhenMinus : rudeElse))
        return `${line} ${remark(rng, rudeMarks)}`;
      return rng.next() < civil ? `${line} ${remark(rng, civilMarks)}` : line;
    });
    return { prompt: problem.prompt, text: [lines.join('\n')], difficulty: problem.difficulty };
  };
  return { characters: `0123456789+-=,:A ${civilMarks}${rudeMarks}\n`, row };
};
