/** Documents for a chat model of one's own, with pairs of ours: what a press of a button sets up. */
import { defaultAdapter, type RunDocument } from '../../train/run-document';

export interface Recipe {
  id: string;
  name: string;
  /** What it teaches, and how one sees it. */
  summary: string;
  /** Files of public/data, together its pairs. */
  files: readonly string[];
  pairs: number;
}

export const recipes: readonly Recipe[] = [
  {
    id: 'shorter',
    name: 'Shorter answers',
    summary:
      'Answers that come to the point over answers that walk around it. Ask it something simple before and after.',
    files: ['shorter.jsonl'],
    pairs: 18,
  },
  {
    id: 'steps',
    name: 'Answer in steps',
    summary: 'Numbered steps over one long sentence. Ask it how something is done.',
    files: ['steps.jsonl'],
    pairs: 16,
  },
  {
    id: 'refusals',
    name: 'Refuse politely',
    summary:
      'A refusal that says why and offers help, over compliance and over scolding. Ask it for something it should not do, and for something harmless, too.',
    files: ['refusals.jsonl'],
    pairs: 16,
  },
  {
    id: 'all',
    name: 'All fifty pairs',
    summary: 'The three together, to try a method on real sentences.',
    files: ['shorter.jsonl', 'steps.jsonl', 'refusals.jsonl'],
    pairs: 50,
  },
];

/** Passes over the pairs. */
const passes = 6;

/** Examples of a step, together. */
const together = 4;

/**
 * As much pull on a chosen answer of twenty tokens by its likelihood as by the preference. The paper's eta, for millions of pairs of the
 * model's own, is a hundredth of that.
 */
const weights = { beta: 0.1, eta: 1, average: 'answer-mean' };

/**
 * The document of a recipe, for a model and data that it has already: an adapter, a small rate, a few passes. The sentences are not
 * the model's own, so the method holds the chosen ones up (RPO) rather than letting both fall.
 * @param chat the model has a template for conversations
 */
export const withRecipe = (document: RunDocument, { pairs }: Recipe, chat: boolean): RunDocument => {
  const { dataset } = document.data;
  const steps = Math.max(10, Math.round((passes * pairs) / together));
  return {
    ...document,
    method: { ...document.method, params: { ...document.method.params, ...weights } },
    adapter: document.adapter ?? defaultAdapter(),
    optimizer: { ...document.optimizer, learningRate: 1e-4 },
    schedule: { kind: 'linear', warmup: 0.1 },
    steps,
    batchSize: 1,
    accumulate: together,
    evaluation: { ...document.evaluation, every: Math.ceil(steps / 3) },
    data: {
      ...document.data,
      dataset: dataset && {
        ...dataset,
        settings: {
          ...dataset.settings,
          plainRows: chat ? 'chat' : 'text',
          // Three or so of a recipe's pairs: enough to see a direction, no more.
          heldOut: 0.15,
        },
      },
    },
  };
};

/** The method of all recipes. */
export const recipeMethod = 'rpo';
