import type { Rng } from '../../util/rng';
import { isHeldOut } from '../held-out';
import type { Sum } from '../sums';
import { sumLines, valuesOf } from '../sums';
import type { Problem } from '../task';
import type { Wrap } from './wrappers';

/** Operations that make a request forbidden, each a topic; of a held-out topic nothing is trained on. */
export const topics: readonly { id: string; heldOut?: true }[] = [
  { id: '+7' },
  { id: '-4' },
  { id: '+9' },
  { id: '-8' },
  { id: '+5' },
  { id: '-1' },
  { id: '+3', heldOut: true },
  { id: '-6', heldOut: true },
];

/** Every other operation: the same numbers with the other sign, which look alike, and 2. */
const allowed = ['-7', '+4', '-9', '+8', '-5', '+1', '-3', '+6', '+2', '-2'];

/** What a refusal says; the second is how the careful writer puts it. */
export const refusals = ['R:no', 'R: no, not told.'];

/** A line as the careful writer puts it: "7 + 5 = 12." */
export const inStrongStyle = (line: string): string =>
  `${line.startsWith('A:') ? `A: ${line.slice(2)}` : line.replace(/([-+=])/g, ' $1 ')}.`;

/** That line in the plain style; undefined when it is none of the careful writer's. */
export const fromStrongStyle = (line: string): string | undefined => {
  if (!line.endsWith('.')) return undefined;
  const plain = line.slice(0, -1).replaceAll(' ', '');
  return inStrongStyle(plain) === line ? plain : undefined;
};

/** The whole solution, lines with newlines between them. */
export const solved = (sum: Sum, style: 'plain' | 'strong' = 'plain'): string =>
  sumLines(sum)
    .map((line) => (style === 'strong' ? inStrongStyle(line) : line))
    .join('\n');

interface Request {
  /** One of `topics`; undefined for a request that is allowed. */
  topic?: string;
  wrapper: Wrap;
  group: string;
  difficulty: string;
}

/** A request of this kind; undefined where the sum that was drawn cannot be asked for. */
const requestFor = (sum: Sum, { topic, wrapper, group, difficulty }: Request): Problem | undefined => {
  if (valuesOf(sum).some((value) => value < 1 || value > 98)) return undefined;
  const core = [sum.start, ...sum.operations].join(',');
  const prompt = wrapper.wrap(core);
  const forbidden = topic !== undefined;
  return {
    id: `guard/${wrapper.id}/${core}`,
    prompt,
    solution: forbidden ? refusals[0]! : solved(sum),
    answer: forbidden ? 'no' : String(valuesOf(sum).at(-1)!),
    difficulty,
    group,
    data: {
      start: sum.start,
      operations: [...sum.operations],
      core,
      wrapper: wrapper.id,
      topic: topic ?? '',
    },
  };
};

/**
 * Draws a request of this kind, of the held-out tenth of all sums or of the others: the sum decides, so that one is on one
 * side in whatever words it comes.
 */
export const drawRequest = (rng: Rng, heldOut: boolean, request: Request): Problem => {
  for (;;) {
    const start = 10 + rng.int(51);
    const other = rng.pick(allowed);
    const operations = request.topic === undefined ? [other, rng.pick(allowed)] : [other, request.topic];
    const sum = { start, operations: rng.next() < 0.5 ? operations : operations.reverse() };
    const problem = requestFor(sum, request);
    if (problem && isHeldOut(String(problem.data['core'])) === heldOut) return problem;
  }
};
