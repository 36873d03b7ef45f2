/** Whether a lesson's replies can be formed of the numbers that there are. */
import { type Given, type Lesson, type Live, linesOf, optionsOf, type Step, sayOf } from './lesson';

/** Answers that a reader can give to a step, and having given none. */
const answersTo = ({ ask }: Step, live: Live): (Given | undefined)[] => {
  if (!ask) return [undefined];
  if (ask.kind === 'choice') return [undefined, ...optionsOf(ask, live).map(({ value }) => value)];
  if (ask.kind === 'line') return [undefined, ...linesOf(ask, live).map((_, i) => i + 1)];
  if (ask.kind === 'match')
    return [undefined, ask.truth(live), ask.items.map(() => ask.options[0]!.value).join(',')];
  return [undefined, 0, ask.truth(live) ?? 1, 1000];
};

/** What no sentence may say. */
const broken = /undefined|NaN|Infinity|\bnull\b|\[object/;

/** Numbers that its sliders stand at when they are as asked. */
export const settledOf = ({ steps }: Lesson): Record<string, number> =>
  Object.assign({}, ...steps.map(({ set }) => set?.example ?? {})) as Record<string, number>;

export interface Checked {
  replies: number;
  /** Replies that could not be formed, by step and answer. */
  problems: string[];
}

/** Forms every reply of a lesson whose runs are there, for every answer. */
export const checkReplies = (lesson: Lesson, live: Live): Checked => {
  const problems: string[] = [];
  let replies = 0;
  lesson.steps.forEach((step, i) => {
    const n = i + 1;
    for (const given of answersTo(step, live)) {
      const all = { ...live, given: given === undefined ? live.given : { ...live.given, [n]: given } };
      const where = `step ${n}, answer ${given ?? 'none'}`;
      const work = typeof step.run === 'function' ? step.run(given, all) : step.run;
      if (work && !all.runs[work.name] && !all.labs[work.name])
        problems.push(`${where}: its run is not there`);
      const said = step.reply(all, given);
      replies++;
      for (const text of [
        said,
        sayOf(step, all),
        step.result?.(all, given) ?? '',
        step.set?.says(all.set, all) ?? '',
      ]) {
        if (text === undefined) problems.push(`${where}: no reply can be formed`);
        else if (broken.test(text)) problems.push(`${where}: "${text}"`);
      }
    }
  });
  return { replies, problems };
};

/** Which of its claims hold; those whose runs are not there are left out. */
export const checkClaims = (lesson: Lesson, live: Live): Record<string, boolean> =>
  Object.fromEntries(
    lesson.claims.flatMap(({ id, holds }) => {
      const held = holds(live);
      return held === undefined ? [] : [[id, held]];
    }),
  );
