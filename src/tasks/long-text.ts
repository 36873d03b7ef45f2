import type { Problem } from './task';

/** What a judge says of one section of a long text, given those before it. */
export interface SectionJudgement {
  /** Principles by name, each with a mark from 1 to 5. */
  marks: Readonly<Record<string, number>>;
  /** The score of the length that the text is going to have, from 0 to 10. */
  length: number;
  /** It contradicts what earlier sections stated, or itself. */
  contradicts: boolean;
  /** By principle, and for `length`: what the writer is to mind, as `withHints` takes it. Principles without advice are left out. */
  hints: Readonly<Record<string, readonly string[]>>;
}

/** The side of a world whose answers are long texts of several sections. */
export interface LongText {
  /** Whether a section that reads so far is complete. */
  endsSection(text: string): boolean;
  /** @param ended the text ends with this section */
  judgeSection(problem: Problem, before: string, section: string, ended: boolean): SectionJudgement;
  /** The problem with advice in its prompt. */
  withHints(problem: Problem, hints: readonly string[]): Problem;
}
