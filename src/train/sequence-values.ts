import type { Head } from '../methods/objective';
import { headWeight } from '../model/heads';
import type { Network } from '../model/network';
import type { PreferenceTree } from '../tree/tree';
import { scoreTrees } from './score';

/**
 * What a head says at the end of each sequence: a state in a search. A head at steps reads the last token; one at states the state before
 * it, since training sees none after an answer's end. 0 where the network does not have the head yet, as a head begins.
 * @param sequences of at least two tokens each
 */
export const sequenceValues = async (
  network: Network,
  head: Head,
  sequences: readonly (readonly number[])[],
  between: () => Promise<void>,
): Promise<number[]> => {
  if (!network.weights.has(headWeight(head.name))) return sequences.map(() => 0);
  const trees = sequences.map(
    (sequence, i): PreferenceTree => ({
      id: `${i}`,
      nodes: [
        { parent: -1, tokens: sequence.slice(0, -1), role: 'prompt', scored: false },
        { parent: 0, tokens: sequence.slice(-1), role: 'step', scored: true },
      ],
      responses: [{ leaf: 1 }],
      comparisons: [],
    }),
  );
  const values = await scoreTrees(network, trees, between, {
    read: 'head',
    head: { ...head, at: head.at === 'state' ? 'state' : 'answer' },
  });
  return trees.map(({ id }) => values.get(id)![0]!);
};
