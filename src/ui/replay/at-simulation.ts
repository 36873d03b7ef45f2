import type { SearchView } from '../../../workers/protocol';
import type { ProblemReplay } from '../../search/replay-problem';
import { number } from '../format';

/** The tree as it was after a simulation; before the first, the prompt alone. */
export const viewAt = ({ nodes, steps, right }: ProblemReplay, simulation: number): SearchView => {
  const step = steps[simulation - 1];
  return {
    nodes: nodes
      .filter(({ born }) => born <= simulation)
      .map(({ parent, text, prior, value, terminal }, n) => ({
        parent,
        text,
        ...(n > 0 && { prior }),
        visits: step?.visits[n] ?? 0,
        ...((step?.visits[n] ?? 0) > 0 && { q: step!.q[n]! }),
        ...(value !== undefined && { value }),
        ...(terminal && right[n] !== undefined && { correct: right[n] }),
      })),
    pairs: [],
  };
};

/** Nodes that a simulation tried. */
export const bornIn = ({ nodes }: ProblemReplay, simulation: number): number[] =>
  nodes.flatMap(({ born }, n) => (born === simulation && n > 0 ? [n] : []));

const quoted = (text: string) => `“${text.trim() || '(end)'}”`;

/** What a simulation did, in sentences. */
export const saysOf = (replay: ProblemReplay, simulation: number): string[] => {
  const { nodes, steps, right } = replay;
  const step = steps[simulation - 1];
  if (!step) return ['Nothing has been tried. The first simulation begins at the prompt.'];
  const leaf = step.path.at(-1)!;
  const fresh = bornIn(replay, simulation);
  const way =
    step.path.length === 1
      ? 'It begins at the prompt, which has no steps yet.'
      : `It goes down to ${quoted(nodes[leaf]!.text)}, at each fork to the child that it wants most${
          Number.isFinite(step.scores[leaf])
            ? ` (here ${number(step.scores[leaf])})`
            : ' (one never visited comes first)'
        }.`;
  const ends = fresh.filter((n) => nodes[n]!.terminal);
  const tried =
    fresh.length === 0
      ? 'It comes to an end that is known, and its reward comes back once more.'
      : `It tries ${fresh.length === 1 ? 'one step' : `${fresh.length} different steps`} from there: ${fresh
          .map(
            (n) =>
              `${quoted(nodes[n]!.text)}${nodes[n]!.value === undefined ? '' : ` is worth ${number(nodes[n]!.value)}`}`,
          )
          .join(', ')}.`;
  const ended =
    ends.length === 0
      ? []
      : [
          `${ends.length === 1 ? 'One of them ends' : `${ends.length} of them end`} the answer, ${ends.filter((n) => right[n]).length} right.`,
        ];
  return [
    way,
    tried,
    ...ended,
    `What they are worth comes back up the way it came: the prompt now has Q ${number(step.q[0])} over ${step.visits[0]} returns.`,
  ];
};
