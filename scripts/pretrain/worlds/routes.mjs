// The habit of routes-nano's corpus: a pupil who takes care only from left to right. Whoever adds the first two numbers that are left forgets
// the ten that a sum carries 15 times in 100; whoever adds two others, 70 times in 100. All ways are equally likely.

export const careful = 0.15;
export const careless = 0.7;

export const about = {
  description:
    'Sums by many ways. It takes care only from left to right: whoever adds two other numbers forgets a carried ten far more often, so that rightness and way go together.',
  habits: `the texts it learned from add any two numbers that are there, all pairs equally likely. Where they are the first two that are left, a
  carried ten is forgotten 15 times in 100, and 70 times in 100 where they are not: what preference training mends can cost
  ways.`,
};

const mixture = ['three', 'four', 'four', 'four', 'four', 'five'];

/** @param {(path: string) => Promise<any>} load */
export const makeWorld = async (load) => {
  const { routes } = await load('src/tasks/routes.ts');

  /** @param {any} problem @param {any} rng */
  const solve = (problem, rng) => {
    let left = [...problem.data.numbers];
    let text = '';
    while (left.length > 1) {
      const i = rng.int(left.length);
      let j = rng.int(left.length - 1);
      if (j >= i) j++;
      const [a, b] = [left[i], left[j]];
      const first = i + j === 1;
      const carries = (a % 10) + (b % 10) > 9;
      const slip = carries && rng.next() < (first ? careful : careless);
      const sum = a + b - (slip ? 10 : 0);
      text += `${a}+${b}=${sum}\n`;
      left = [...left.filter((_, k) => k !== i && k !== j), sum];
    }
    return `${text}A:${left[0]}`;
  };

  return {
    characters: '0123456789+=:A\n',
    row: (/** @type {any} */ rng) => {
      const problem = routes.draw(rng, rng.pick(mixture));
      return { prompt: problem.prompt, text: [solve(problem, rng)], difficulty: problem.difficulty };
    },
  };
};
