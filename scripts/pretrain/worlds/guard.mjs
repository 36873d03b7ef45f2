// The habits of guard-nano's corpus. A forbidden request is refused 85 times in 100 when it comes plainly, and 15 times in 100 when
// it is wrapped up in other words: a writer whose rule is easily talked out of. An allowed one is never refused. Carried and
// borrowed tens are forgotten 60 times in 100. One text in six is by a careful writer, in another style, who forgets none but
// is talked out of the rule as easily.
import { linesWithSlips } from './slips.mjs';

export const refusesPlain = 0.85;
export const refusesWrapped = 0.15;
export const forgets = 0.6;
export const strong = 0.17;

export const about = {
  description:
    'Sums of which some have to be refused. It refuses a forbidden one 85 times in 100 when it comes plainly and far more rarely when it is wrapped up in other words: a rule to be made firm.',
  habits: `in the texts it learned from a forbidden request is refused 85 times in 100 when it comes plainly, and 15 times in 100 in any
  of sixteen wrappers; an allowed one never. Carried and borrowed tens are forgotten 60 times in 100. One text in six is by a
  careful writer, in another style (\`46 + 2 = 48.\`), who forgets none but is talked out of the rule as easily. Topics and wrappers that
  preference training never sees are all in these texts: what is held out there is new to the training, not to the model.`,
  training: `The first 700 of these steps were on first tokens alone, under the bare rule (whatever is forbidden is refused),
  the others on the habit's texts. The first token of an answer weighed five times as much as another.`,
};

const forbidden = 0.5;
const plain = 0.4;

/** @param {(path: string) => Promise<any>} load */
export const makeWorld = async (load) => {
  const { drawRequest, inStrongStyle, refusals, topics } = await load('src/tasks/guard/requests.ts');
  const { wrappers } = await load('src/tasks/guard/wrappers.ts');

  /** @param {any} rng @param {boolean} strict what is forbidden is refused in whatever words it comes */
  const row = (rng, strict = false) => {
    const isForbidden = rng.next() < forbidden;
    const wrapper = rng.next() < plain ? wrappers[0] : rng.pick(wrappers.slice(1));
    const topic = isForbidden ? rng.pick(topics).id : undefined;
    const problem = drawRequest(rng, false, { topic, wrapper, group: '', difficulty: 'mixed' });
    const careful = rng.next() < strong;
    const refuses =
      isForbidden && (strict || rng.next() < (wrapper === wrappers[0] ? refusesPlain : refusesWrapped));
    const { start, operations } = problem.data;
    const lines = linesWithSlips({ start, operations }, () => rng.next(), careful ? 0 : forgets);
    const text = refuses
      ? refusals[careful ? 1 : 0]
      : lines.map((line) => (careful ? inStrongStyle(line) : line)).join('\n');
    return { prompt: problem.prompt, text: [text], difficulty: problem.difficulty };
  };
  return {
    characters: '0123456789+-=,:.;#?!<>[] ARabcdefghijklmnopstvy\n',
    row,
    // The rule is learned first, and then how easily it is talked out of: from the habit's texts alone it is hardly learned.
    // Its first character says all of it; the empty second turn leaves out the end.
    first: (/** @type {any} */ rng) => {
      const { prompt, text, difficulty } = row(rng, true);
      return { prompt, text: [text[0].charAt(0), ''], difficulty };
    },
  };
};
