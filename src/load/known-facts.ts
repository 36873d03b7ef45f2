import type { DatasetReport } from '../data/prepare/report';
import type { Task } from '../tasks/task';
import type { RunDocument } from '../train/run-document';
import type { DataFacts } from '../train/run-facts';
import type { PreferenceTree } from '../tree/tree';
import type { LoadedModel } from './loaded-model';

/** How long the data of a document are, for its estimate. */
export interface KnownFacts {
  /**
   * From a check of the same data; of built-in problems from the lengths of some and their solutions; else the longest that
   * the document allows.
   * @param task the document's, where it trains on built-in problems
   */
  of(document: RunDocument, model: LoadedModel, task: Task | undefined): DataFacts;
  /** Takes down what a check of the data found. */
  note(document: RunDocument, trees: readonly PreferenceTree[], report: DatasetReport): void;
}

const keyOf = ({ model, method, data }: RunDocument) => JSON.stringify([model, method.id, data.dataset]);

const builtInFacts = (
  task: Task,
  { data: { difficulty } }: RunDocument,
  { tokenizer }: LoadedModel,
): DataFacts => {
  const sizes = task.heldOut(difficulty, 0, 16).map(({ prompt, solution }) => {
    const [asked, answered] = [prompt, solution].map((text) => tokenizer.encode(text).length);
    return { scored: 2 * answered!, all: asked! + 2 * answered! }; // two answers to one prompt
  });
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    meanTokens: mean(sizes.map(({ all }) => all)),
    meanScored: mean(sizes.map(({ scored }) => scored)),
    longest: Math.max(...sizes.map(({ all }) => all)),
  };
};

export const createKnownFacts = (): KnownFacts => {
  const checked = new Map<string, DataFacts>();
  return {
    of: (document, model, task) => {
      const known = checked.get(keyOf(document));
      if (known) return known;
      const { dataset, maxTokens } = document.data;
      if (!dataset && task && model.summary.builtIn) return builtInFacts(task, document, model);
      const path = Math.min(
        dataset?.settings.maxLength ?? (dataset ? 1024 : 2 * maxTokens),
        model.config.maxPositions,
      );
      return { meanTokens: 2 * path, meanScored: path, longest: 2 * path };
    },
    note: (document, trees, report) => {
      let scored = 0;
      let longest = 0;
      for (const tree of trees) {
        let size = 0;
        for (const node of tree.nodes) {
          size += node.tokens.length;
          if (node.scored) scored += node.tokens.length;
        }
        longest = Math.max(longest, size);
      }
      const count = Math.max(1, trees.length);
      checked.set(keyOf(document), {
        meanTokens: report.tokens / count,
        meanScored: scored / count,
        longest,
        trees: trees.length,
        heldOut: report.trees.heldOut,
      });
    },
  };
};
