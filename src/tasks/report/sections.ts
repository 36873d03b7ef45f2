import type { LongText, SectionJudgement } from '../long-text';
import type { Problem } from '../task';
import { briefOf, CLOSE, lengthScore, readReport, SECTION_LINES } from './read-report';

/** The same problem with hints in its prompt: names of facts to look up with care, and `L` for the length. */
export const withHints = (problem: Problem, hints: readonly string[]): Problem => ({
  ...problem,
  prompt: `${problem.prompt.trimEnd()}${hints.map((hint) => `!${hint}`).join('')}\n`,
});

/** A share as a mark from 1 to 5. */
const mark = (hits: number, of: number): number => (of === 0 ? 1 : 1 + (4 * hits) / of);

/** How long the report is going to be if it goes on as it should. */
const lengthAhead = (wanted: number, written: number, ended: boolean): number =>
  ended ? written : Math.max(wanted, written);

const best = { form: 5, sums: 5, consistency: 5, reach: 5 };

const judgeSection = (
  problem: Problem,
  before: string,
  section: string,
  ended: boolean,
): SectionJudgement => {
  const { wanted } = briefOf(problem);
  const earlier = readReport(problem, before);
  const { lines, written } = readReport(problem, before + section);
  const own = lines.slice(earlier.lines.length).filter(({ mark }) => !mark);
  const count = (keep: (line: (typeof own)[number]) => boolean) => own.filter(keep).length;
  const contradicted = own.filter(({ fault }) => fault === 'recall' || fault === 'again');
  const formed = count(({ fault }) => fault !== 'form' && fault !== 'order');
  const whole = own.length === SECTION_LINES && section.endsWith(CLOSE);
  const length = lengthScore(wanted, lengthAhead(wanted, written, ended));
  const advice = length < 10 ? ['L'] : [];
  if (section === '') return { marks: best, length, contradicts: false, hints: { length: advice } };
  const first = earlier.written === 0;
  const hints = contradicted.flatMap(({ recalled }) => recalled ?? []);
  return {
    marks: {
      form: whole ? mark(formed, own.length) : 1,
      sums: mark(
        count(({ fault }) => fault !== 'sum' && fault !== 'form'),
        own.length,
      ),
      consistency: mark(own.length - contradicted.length, own.length),
      // A first section has nothing but what is given to go back to.
      reach: first
        ? 5
        : mark(
            Math.min(
              2,
              count(({ reach }) => (reach ?? 0) > 0),
            ),
            2,
          ),
    },
    length,
    contradicts: contradicted.length > 0,
    hints: { consistency: [...new Set(hints)], length: advice },
  };
};

/** A report as a text of sections, for searches that write it section by section. */
export const sections: LongText = {
  endsSection: (text) => text.endsWith(CLOSE),
  judgeSection,
  withHints,
};
