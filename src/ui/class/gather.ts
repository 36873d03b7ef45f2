import { type MeanInterval, meanInterval } from '../../util/student';
import type { Given, HandedRun, HandIn } from './hand-in';

/** One run of the class: the same document, a seed to each pupil. */
export interface ClassRun {
  fields: string;
  method: string;
  dots: { seed: number; before: number | undefined; now: number; gain: number | undefined }[];
  /** Of what it had in the end, and of what it gained. */
  now: MeanInterval;
  gain: MeanInterval | undefined;
}

/** How often each answer was given to a question. */
export interface ClassQuestion {
  lesson: string;
  step: string;
  answers: { given: Given; count: number }[];
}

export interface Gathered {
  pupils: number;
  /** Seeds that came in more than one file; the last one counts. */
  twice: number[];
  runs: ClassRun[];
  questions: ClassQuestion[];
}

/** The files of a class together. */
export const gather = (files: readonly HandIn[]): Gathered => {
  const bySeed = new Map<number, HandIn>();
  const twice = new Set<number>();
  for (const file of files) {
    if (bySeed.has(file.seed)) twice.add(file.seed);
    bySeed.set(file.seed, file);
  }
  const all = [...bySeed.values()];
  const byFields = new Map<string, { seed: number; run: HandedRun; now: number }[]>();
  for (const { seed, runs } of all) {
    for (const run of runs) {
      const now = run.now ?? run.before;
      if (now === undefined) continue;
      byFields.set(run.fields, [...(byFields.get(run.fields) ?? []), { seed, run, now }]);
    }
  }
  const runs = [...byFields].map(([fields, own]): ClassRun => {
    const dots = own.map(({ seed, run, now }) => ({
      seed,
      before: run.before,
      now,
      gain: run.before === undefined || run.now === undefined ? undefined : run.now - run.before,
    }));
    const gains = dots.flatMap(({ gain }) => gain ?? []);
    return {
      fields,
      method: own[0]!.run.method,
      dots: dots.sort((a, b) => a.now - b.now),
      now: meanInterval(dots.map(({ now }) => now)),
      gain: gains.length > 0 ? meanInterval(gains) : undefined,
    };
  });
  const counts = new Map<string, ClassQuestion>();
  for (const { answers } of all) {
    for (const [lesson, steps] of Object.entries(answers)) {
      for (const [step, given] of Object.entries(steps)) {
        const key = `${lesson}/${step}`;
        const question = counts.get(key) ?? { lesson, step, answers: [] };
        counts.set(key, question);
        const known = question.answers.find((answer) => answer.given === given);
        if (known) known.count++;
        else question.answers.push({ given, count: 1 });
      }
    }
  }
  const questions = [...counts.values()].sort(
    (a, b) => a.lesson.localeCompare(b.lesson) || Number(a.step) - Number(b.step),
  );
  for (const { answers } of questions) answers.sort((a, b) => b.count - a.count);
  return {
    pupils: all.length,
    twice: [...twice],
    runs: runs.sort((a, b) => b.dots.length - a.dots.length),
    questions,
  };
};

/** The dots of a class as a table for other programs. */
export const csvOf = ({ runs }: Gathered): string => {
  const cell = (value: string | number | undefined) =>
    typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value ?? '');
  return [
    'run,method,seed,before,now',
    ...runs.flatMap(({ fields, method, dots }) =>
      dots.map(({ seed, before, now }) => [fields, method, seed, before, now].map(cell).join(',')),
    ),
  ].join('\n');
};
