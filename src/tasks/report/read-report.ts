import type { Problem } from '../task';

/** Lines of a section. */
export const SECTION_LINES = 3;

/** The largest value that a fact may have. */
export const LARGEST = 99;

/** The line that closes a section. */
export const CLOSE = '#\n';

/** The name of fact number n; the given ones are a and b. */
export const factName = (n: number): string => String.fromCharCode(97 + n);

/** What a problem asks for, from `data`. */
export const briefOf = (problem: Problem): { given: number[]; wanted: number; plan: number[] } => {
  const { given, wanted, plan } = problem.data;
  const numbers = (value: unknown) => Array.isArray(value) && value.every((n) => typeof n === 'number');
  if (!numbers(given) || typeof wanted !== 'number' || !numbers(plan)) {
    throw new Error(
      `Problem "${problem.id}" is not a report: data.given and data.plan must be lists of numbers, data.wanted a number.`,
    );
  }
  return { given: given as number[], wanted, plan: plan as number[] };
};

/** What can be wrong with a line. */
export type Fault = 'form' | 'recall' | 'sum' | 'again' | 'order' | 'section' | 'length';

/** A line of a report under the verifier. */
export interface ReportLine {
  text: string;
  /** A section's end, and not a line that states something. */
  mark: boolean;
  fault?: Fault;
  reason: string;
  /** The fact that it recalls, where it can be read. */
  recalled?: string;
  /** How many sections before its own that fact was stated; the given ones count as section -1. */
  reach?: number;
}

export const splitSteps = (response: string): string[] => response.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const factForm = /^([a-z])=([a-z])(0|[1-9][0-9]?)([+-])([1-9])=(0|[1-9][0-9]{0,2})\n$/;

/** Facts by name, with the section that stated each. */
export type Memory = Map<string, { value: number; section: number }>;

/**
 * Reads a report line by line. What a line states goes into the memory as it stands, right or wrong, so that a mistake is charged once;
 * a fact that is stated again keeps its first value.
 */
export const readReport = (
  problem: Problem,
  response: string,
): { lines: ReportLine[]; written: number; memory: Memory } => {
  const { given, wanted } = briefOf(problem);
  const memory: Memory = new Map(given.map((value, i) => [factName(i), { value, section: -1 }]));
  let written = 0;
  let inSection = 0;
  let section = 0;

  const judge = (text: string): Omit<ReportLine, 'text'> => {
    if (text === CLOSE) {
      const whole = inSection === SECTION_LINES;
      inSection = 0;
      section++;
      return whole
        ? { mark: true, reason: '' }
        : { mark: true, fault: 'section', reason: `a section has ${SECTION_LINES} lines` };
    }
    written++;
    inSection++;
    const parts = factForm.exec(text);
    if (!parts) {
      return {
        mark: false,
        fault: 'form',
        reason: `this line must state a fact from an earlier one, like "${factName(written + 1)}=a${given[0]}+1=${given[0]! + 1}"`,
      };
    }
    const [, name, recalled, value, sign, by, result] = parts as unknown as string[];
    const source = memory.get(recalled!);
    const expected = Number(value) + (sign === '+' ? 1 : -1) * Number(by);
    const known = memory.get(name!);
    if (!known) memory.set(name!, { value: Number(result), section });
    const line = {
      mark: false,
      recalled: recalled!,
      ...(source && { reach: section - source.section }),
    };
    const wrong = (fault: Fault, reason: string) => ({ ...line, fault, reason });
    if (known) return wrong('again', `${name} has been stated before: it is ${known.value}`);
    if (!source || recalled === name) return wrong('recall', `${recalled} has not been stated`);
    if (source.value !== Number(value)) {
      return wrong('recall', `${recalled} was stated to be ${source.value}, not ${value}`);
    }
    if (expected !== Number(result))
      return wrong('sum', `${value}${sign}${by} is ${expected}, not ${result}`);
    if (expected < 0 || expected > LARGEST) return wrong('form', `values lie in 0 to ${LARGEST}`);
    if (name !== factName(written + 1)) {
      return wrong('order', `the next fact is called ${factName(written + 1)}, not ${name}`);
    }
    if (written > wanted) return wrong('length', `${wanted} lines are wanted, and this is number ${written}`);
    return { ...line, reason: '' };
  };

  const lines = splitSteps(response).map((text): ReportLine => ({ text, ...judge(text) }));
  return { lines, written, memory };
};

/**
 * The paper's score of a length, from 0 to 10: falls to 0 at four times the wanted length, and at a third of it.
 * Source: LongDPO, the released MCTS/reason code; x wanted, y written.
 */
export const lengthScore = (wanted: number, written: number): number => {
  if (written > wanted) return 10 * Math.max(0, 1 - (written / wanted - 1) / 3);
  return written === 0 ? 0 : 10 * Math.max(0, 1 - (wanted / written - 1) / 2);
};
