import type { Reads } from '../methods/objective';
import { scoredNodes } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import { inTwoRoles } from '../tree/two-roles';

/** The data lack what the method's loss reads. Found before anything is trained. */
export class UnsuitableDataError extends Error {
  override name = 'UnsuitableDataError';
}

/** What a tree lacks, in words; undefined when it has all. */
const lackOf = (reads: Reads, tree: PreferenceTree): string | undefined => {
  const { responses, comparisons, nodes } = tree;
  if (reads.oneRole) {
    const both = inTwoRoles(comparisons);
    if (both) {
      return `answer ${both.rejected} is chosen in one comparison and rejected in another, and each may have one role only; give pairs instead of ranked lists, or compare only the best with the worst`;
    }
  }
  if (reads.margins) {
    const none = comparisons.findIndex(({ margin }) => margin === undefined);
    if (none >= 0) {
      return `comparison ${none} has no margin; take a source that scores answers, or let a reward model give it`;
    }
  }
  if (reads.scores) {
    const none = responses.findIndex(({ score }) => score === undefined || !Number.isFinite(score));
    if (none >= 0) {
      return `answer ${none} has no score; take a source that scores answers, or a file of ranked answers with scores`;
    }
  }
  for (const name of reads.answerLabels ?? []) {
    const none = responses.findIndex(({ labels }) => labels?.[name] === undefined && !labels?.['mismatched']);
    if (none >= 0) {
      return `answer ${none} has no "${name}"; take a source that gives it`;
    }
  }
  for (const name of reads.stepLabels ?? []) {
    for (const response of responses) {
      const none = scoredNodes(tree, response).find((n) => nodes[n]!.labels?.[name] === undefined);
      if (none !== undefined) {
        return `the step at node ${none} has no "${name}"; take a source that judges every step`;
      }
    }
  }
  return undefined;
};

/**
 * @param what the method, or the pass of it, for the message
 * @throws UnsuitableDataError naming the tree and what it lacks
 */
export const checkTrees = (what: string, reads: Reads, trees: readonly PreferenceTree[]): void => {
  for (const tree of trees) {
    const lack = lackOf(reads, tree);
    if (lack) throw new UnsuitableDataError(`${what} cannot train on tree "${tree.id}": ${lack}.`);
  }
};
