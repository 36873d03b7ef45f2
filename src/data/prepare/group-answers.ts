import type { Example, JudgedLine, PairExample, ScoredExample, StepExample } from '../formats/example';
import { promptKey } from '../formats/example';
import type { Shape } from '../formats/read-row';

/** All single answers to one prompt, and what is made of them together. */
export interface PromptGroup {
  /** The first row of the prompt. */
  where: string;
  rows: string[];
  examples: Example[];
}

/** An answer with the row that it stands in. */
type Own = ScoredExample['responses'][number] & { where: string };

/** At most `limit` pairs of a right and a wrong one, every wrong one meeting the right ones in turns. */
const inTurns = <T>(
  right: readonly Own[],
  wrong: readonly Own[],
  limit: number,
  make: (r: Own, w: Own) => T | undefined,
): T[] => {
  const made: T[] = [];
  for (let turn = 0; turn < right.length; turn++) {
    for (const [i, rejected] of wrong.entries()) {
      if (made.length >= limit) break;
      const found = make(right[(turn + i) % right.length]!, rejected);
      if (found !== undefined) made.push(found);
    }
  }
  return made;
};

const isRight = ({ labels }: JudgedLine) => labels['correct'] === 1;
const textOf = (lines: readonly JudgedLine[]) => lines.map(({ text }) => text).join('');

/** The first wrong step of an answer against the right one that another has after the same steps; undefined where they differ before it. */
const stepPair = (
  prompt: ScoredExample['prompt'],
  { lines: good = [], where }: Own,
  { lines: bad = [] }: Own,
): StepExample | undefined => {
  const first = bad.findIndex((line) => !isRight(line));
  const [chosen, rejected] = [good[first], bad[first]];
  const prefix = textOf(bad.slice(0, first));
  if (!chosen || !rejected || !isRight(chosen) || textOf(good.slice(0, first)) !== prefix) return undefined;
  return {
    kind: 'step',
    where,
    prompt,
    prefix,
    chosen: chosen.text,
    rejected: rejected.text,
    chosenEnds: first === good.length - 1,
    rejectedEnds: first === bad.length - 1,
  };
};

/** Share of an answer's steps before its first wrong one. */
const shareRight = (lines: readonly JudgedLine[]): number => {
  const first = lines.findIndex((line) => !isRight(line));
  return first < 0 ? 1 : first / lines.length;
};

const examplesOf = (
  own: readonly Own[],
  { prompt, where, ...more }: Omit<ScoredExample, 'responses' | 'kind'>,
  shape: Shape,
  limit: number,
): Example[] => {
  const [right, wrong] = [1, 0].map((score) => own.filter((answer) => answer.score === score)) as [
    Own[],
    Own[],
  ];
  // Where no step has a label, the rule for steps finds where a pair of whole answers parts.
  if (shape === 'pairs' || (shape === 'steps' && own.every(({ lines }) => !lines))) {
    return inTurns(
      right,
      wrong,
      limit,
      (chosen, rejected): PairExample => ({
        ...more,
        ...{ kind: 'pair', where: chosen.where, prompt, chosen: chosen.text, rejected: rejected.text },
      }),
    );
  }
  if (shape === 'steps') {
    return inTurns(right, wrong, limit, (chosen, rejected) => stepPair(prompt, chosen, rejected));
  }
  if (right.length === 0 || wrong.length === 0) return [];
  const responses = own.map(({ where: _where, ...answer }) =>
    shape === 'lists' && answer.lines ? { ...answer, score: shareRight(answer.lines) } : answer,
  );
  return [{ ...more, kind: 'scored', where, prompt, responses }];
};

/**
 * What a method that compares makes of single answers with a label: of those to one prompt together, prompts in the order of their first
 * row. Pairs of a right and a wrong answer or step, at most `limit` of a prompt; or all as one list.
 */
export const groupAnswers = (
  examples: readonly ScoredExample[],
  shape: Shape,
  limit: number,
): PromptGroup[] => {
  const groups = new Map<string, ScoredExample[]>();
  for (const example of examples) {
    const key = promptKey(example.prompt);
    groups.set(key, [...(groups.get(key) ?? []), example]);
  }
  return [...groups.values()].map((group) => {
    const { kind: _kind, responses: _responses, ...first } = group[0]!;
    const own = group.flatMap(({ where, responses }) => responses.map((answer) => ({ ...answer, where })));
    return {
      where: first.where,
      rows: group.map(({ where }) => where),
      examples: examplesOf(own, first, shape, limit),
    };
  });
};
