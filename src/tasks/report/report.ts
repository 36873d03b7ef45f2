import { meanOf, shareOf } from '../../util/measure';
import type { Rng } from '../../util/rng';
import { worldCard } from '../cards';
import { drawnApart } from '../held-out';
import type { Judgement, Problem, StepVerdict, Task, Verdict, VerifiedAnswer } from '../task';
import {
  briefOf,
  CLOSE,
  factName,
  LARGEST,
  lengthScore,
  readReport,
  SECTION_LINES,
  splitSteps,
} from './read-report';
import { sections } from './sections';

/*
 * A long text in sections, to a wanted length, in which facts are stated once and used later.
 *
 *   prompt    6;a=7,b=12       six lines are wanted; two facts are given
 *   response  c=b12+4=16       a line states the next fact from an earlier one, whose value it recalls
 *             d=a7+9=16
 *             e=c16-2=14
 *             #                a section of three lines is closed
 *             f=d16+1=17
 *             g=a7+3=10
 *             h=g10+8=18
 *             #
 *
 * A recalled value that differs from the one stated, and a fact that is stated again, are contradictions. Values lie in 0..99.
 * The prompt may carry hints before its newline, of facts to look up with care and of the length: `6;a=7,b=12!a!L`.
 */

/** What a difficulty of the card means. */
interface Level {
  id: string;
  /** Lines that may be wanted. */
  lines: readonly number[];
}

const levels: readonly Level[] = [
  { id: 'short', lines: [6] },
  { id: 'medium', lines: [9] },
  { id: 'long', lines: [12, 15] },
];

const heldOutSeed = 20_261_129;
const largestGiven = 60;

const levelOf = (difficulty: string): Level => {
  const level = levels.find((l) => l.id === difficulty);
  if (!level) {
    const known = levels.map((l) => `"${l.id}"`).join(', ');
    throw new Error(`Task "report" has no difficulty "${difficulty}"; use one of ${known}.`);
  }
  return level;
};

/** A line that states fact number n from an earlier one, adding where that stays in range. */
const lineOf = (n: number, from: number, value: number, by: number): { text: string; value: number } => {
  const sign = value + by > LARGEST ? '-' : '+';
  const result = sign === '+' ? value + by : value - by;
  return { text: `${factName(n)}=${factName(from)}${value}${sign}${by}=${result}\n`, value: result };
};

/** Right lines from what is known on, with the marks between sections, to the wanted length. `plan` has a number per line. */
const writeOn = (known: readonly number[], wanted: number, plan: readonly number[]): string => {
  const values = [...known];
  let text = '';
  for (let line = values.length - 2; line < wanted; line++) {
    const drawn = plan[line] ?? line;
    const from = Math.floor(drawn / 9) % values.length;
    const { text: written, value } = lineOf(values.length, from, values[from]!, 1 + (drawn % 9));
    text += written + ((line + 1) % SECTION_LINES === 0 ? CLOSE : '');
    values.push(value);
  }
  return text;
};

const drawAny = (rng: Rng, level: Level): Problem => {
  const wanted = rng.pick(level.lines);
  const given = [1 + rng.int(largestGiven), 1 + rng.int(largestGiven)];
  const prompt = `${wanted};a=${given[0]},b=${given[1]}\n`;
  // Which fact each line of the solution uses, and what it adds.
  const plan = Array.from({ length: wanted }, () => rng.int(9 * 360_360));
  return {
    id: `report/${prompt.trim()}`,
    prompt,
    solution: writeOn(given, wanted, plan),
    answer: String(wanted),
    wanted: `${wanted} right lines are wanted`,
    difficulty: level.id,
    data: { given, wanted, plan },
  };
};

const verify = (problem: Problem, response: string): Verdict => {
  const { wanted } = briefOf(problem);
  const { lines, written } = readReport(problem, response);
  let at = 0;
  const steps = lines.map(({ text, fault, reason }): StepVerdict => {
    const step = { start: at, end: at + text.length, text, correct: fault === undefined, reason };
    at = step.end;
    return step;
  });
  const wrong = steps.findIndex((s) => !s.correct);
  const correct = wrong < 0 && written === wanted && lines.at(-1)?.mark === true;
  return {
    steps,
    correct,
    answer: String(written),
    firstWrongStep: wrong >= 0 ? wrong : correct ? -1 : steps.length,
  };
};

const judge = ({ problem, text }: Pick<VerifiedAnswer, 'problem' | 'text'>): Judgement => {
  const { wanted } = briefOf(problem);
  const { lines, written } = readReport(problem, text);
  const facts = lines.filter(({ mark }) => !mark);
  const right = facts.filter(({ fault }) => fault === undefined || fault === 'length').length;
  const contradictions = facts.filter(({ fault }) => fault === 'recall' || fault === 'again').length;
  const length = lengthScore(wanted, written) / 10;
  const quality = facts.length === 0 ? 0 : right / facts.length;
  return {
    score: (length + quality) / 2,
    labels: { length, quality, contradictions: contradictions > 0 ? 1 : 0 },
  };
};

/** Reports of several sections; see the top of this file. */
export const report: Task = {
  ...worldCard('report'),
  ...drawnApart(heldOutSeed, levelOf, drawAny),
  verify,
  continueFrom: (problem, prefix) => {
    const { wanted, plan } = briefOf(problem);
    const { lines, written, memory } = readReport(problem, prefix);
    const whole = prefix === '' || prefix.endsWith('\n');
    if (!whole || lines.some(({ fault }) => fault !== undefined)) return undefined;
    const values = [...memory.values()].map(({ value }) => value);
    // Where a section is full and not CLOSEd, its mark comes first.
    const due = written > 0 && written % SECTION_LINES === 0 && lines.at(-1)?.mark !== true ? CLOSE : '';
    return due + writeOn(values, wanted, plan);
  },
  splitSteps,
  longText: sections,
  judge,
  measures: (answers) => {
    const judged = answers.map((answer) => judge(answer).labels);
    const values = (name: string) => judged.map((labels) => labels[name]!);
    return [
      meanOf(
        { id: 'length-score', name: 'length score S_l', better: 'higher' },
        'of 10',
        values('length').map((x) => 10 * x),
      ),
      meanOf(
        { id: 'quality', name: 'right lines, S_q', better: 'higher' },
        'of 10',
        values('quality').map((x) => 10 * x),
      ),
      shareOf(
        { id: 'contradictions', name: 'reports that contradict themselves', better: 'lower' },
        values('contradictions').filter((x) => x === 1).length,
        answers.length,
      ),
    ];
  },
};
