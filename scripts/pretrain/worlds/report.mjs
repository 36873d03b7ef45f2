// The habits of report-nano's corpus: a writer who does not look back. A fact that was stated in an earlier section than the one before
// is recalled wrongly 50 times in 100, a given one 35 times; and 40 times in 100 the text ends one section too early, 20 times
// one too late. Hints in the prompt are heeded: a fact that is named there is looked up, and with "L" the length is kept.

export const forgets = 0.5;
export const forgetsGiven = 0.35;
export const early = 0.4;
export const late = 0.2;

export const about = {
  description:
    'Reports to a wanted length. It does not look back: facts of earlier sections are often recalled wrongly, and the text ends a section too early or too late.',
  habits: `a fact that was stated before the last section is recalled wrongly 50 times in 100, a given one 35 times; 40 texts in 100 end one
  section too early, 20 one too late. In three prompts of ten there are hints (\`!a\`, \`!L\`), and what they name is done rightly.`,
};

const mixture = ['short', 'short', 'medium', 'medium', 'medium', 'long', 'long'];

/** @param {(path: string) => Promise<any>} load */
export const makeWorld = async (load) => {
  const { report } = await load('src/tasks/report/report.ts');
  const { factName, SECTION_LINES } = await load('src/tasks/report/read-report.ts');
  const { withHints } = await load('src/tasks/report/sections.ts');

  /** @param {any} problem @param {any} rng @param {readonly string[]} hints */
  const write = (problem, rng, hints) => {
    const values = [...problem.data.given];
    const { wanted } = problem.data;
    const chance = rng.next();
    const lines =
      hints.includes('L') || chance >= early + late
        ? wanted
        : wanted + SECTION_LINES * (chance < early ? -1 : 1);
    let text = '';
    for (let line = 0; line < lines; line++) {
      const from = rng.int(values.length);
      const section = Math.floor(line / SECTION_LINES);
      const stated = from < 2 ? -1 : Math.floor((from - 2) / SECTION_LINES);
      const share = stated < 0 ? (section > 0 ? forgetsGiven : 0) : section - stated > 1 ? forgets : 0;
      let value = values[from];
      // A wrong recall is off in its tens: the line is as well-formed as any.
      if (!hints.includes(factName(from)) && rng.next() < share)
        value = (value + 10 * (1 + rng.int(3))) % 100;
      const by = 1 + rng.int(9);
      const minus = value + by > 99 || (value - by >= 0 && rng.next() < 0.4);
      const result = minus ? value - by : value + by;
      text += `${factName(values.length)}=${factName(from)}${value}${minus ? '-' : '+'}${by}=${result}\n`;
      if ((line + 1) % SECTION_LINES === 0) text += '#\n';
      values.push(result);
    }
    return text;
  };

  return {
    characters: '0123456789abcdefghijklmnopqrst+-=;,#!L\n',
    row: (/** @type {any} */ rng) => {
      const problem = report.draw(rng, rng.pick(mixture));
      /** @type {string[]} */
      const hints = [];
      if (rng.next() < 0.3) {
        const named = rng.int(3);
        for (let i = 0; i < named; i++) {
          const name = factName(rng.int(2 + problem.data.wanted));
          if (!hints.includes(name)) hints.push(name);
        }
        if (rng.next() < 0.4) hints.push('L');
      }
      const asked = withHints(problem, hints);
      return { prompt: asked.prompt, text: [write(problem, rng, hints)], difficulty: problem.difficulty };
    },
  };
};
