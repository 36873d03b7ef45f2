import { z } from 'zod/mini';
import { doubleWord } from './formats/labels';
import { isEncoding } from './rows/encoding';

const length = z.nullable(z.int().check(z.minimum(2), z.maximum(1_000_000)));
const column = z.optional(z.string().check(z.maxLength(200)));

/** Which layout the rows have; see `formats/formats.ts`. */
export const formatIds = [
  'preference',
  'implicit-preference',
  'two-responses',
  'unpaired',
  'unpaired-messages',
  'ranked',
  'step-dpo',
  'stepwise',
  'prompt-completion',
  'messages',
  'solutions',
] as const;

/**
 * Which column of the file plays which part. A part left out has the column that the format's own name gives it; one with
 * an empty name has none.
 */
const mappingSchema = z.strictObject({
  system: column,
  /** Descriptions of tools, for the template. */
  tools: column,
  prompt: column,
  /** What the prompt is to be applied to; joined to it. */
  input: column,
  /** Turns before the prompt. */
  history: column,
  chosen: column,
  rejected: column,
  margin: column,
  /** Two answers, and which of them is better. */
  first: column,
  second: column,
  better: column,
  completion: column,
  label: column,
  responses: column,
  scores: column,
  prefix: column,
  /** Step-DPO: the whole right answer, which tells whether the chosen step is its last. */
  fullChosen: column,
  fullRejected: column,
  /** An answer as a list of its steps, and what is said of each. */
  steps: column,
  stepLabels: column,
  messages: column,
  groundTruth: column,
  /** Columns of `{ solution, is_correct }`. */
  solutions: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(200))).check(z.maxLength(64))),
});

const words = z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(200))).check(z.maxLength(64)));

/** Words of a label that do not say it themselves, by what they mean: `{ right: ['thumbs up'], wrong: ['thumbs down'] }`. */
const labelsSchema = z
  .strictObject({ right: words, wrong: words, first: words, second: words })
  .check(
    z.refine((labels) => doubleWord(labels) === undefined, 'gives one word two meanings; leave one out'),
  );

const stepsSchema = z.strictObject({
  /** How an answer is cut into steps. */
  rule: z.enum(['whole', 'line', 'sentence', 'step', 'pattern']),
  /** For the rule `pattern`: a step begins where it matches. */
  pattern: z.optional(z.string().check(z.maxLength(200))),
});

/** How a file of examples becomes trees to train on. The seed is the run's. */
export const datasetSettingsSchema = z.strictObject({
  format: z._default(z.enum(['auto', ...formatIds]), 'auto'),
  mapping: z._default(mappingSchema, {}),
  labels: z._default(labelsSchema, {}),
  /** Text encoding of the file, by any name that browsers know; a byte order mark says more. */
  encoding: z._default(
    z
      .string()
      .check(
        z.refine(
          isEncoding,
          'is no text encoding; use for example utf-8, windows-1252, shift_jis, gb18030 or utf-16le',
        ),
      ),
    'utf-8',
  ),
  /** How conversations are written: with the model's own template, or a plain one. `none` refuses conversations. */
  template: z._default(z.enum(['model', 'plain', 'none']), 'model'),
  /** Plain texts as they stand (as TRL has it), or as a conversation of one question and one answer. */
  plainRows: z._default(z.enum(['text', 'chat']), 'text'),
  /** Of a conversation without a prompt of its own: learn every answer of the assistant, or the last one. */
  turns: z._default(z.enum(['all', 'last']), 'all'),
  /** Put before every conversation that does not begin with one. */
  system: z._default(z.string().check(z.maxLength(10_000)), ''),
  /** The beginning-of-text token before plain texts: as the tokenizer has it, always, never. Templates write their own. */
  bos: z._default(z.enum(['auto', 'add', 'none']), 'auto'),
  /** Most tokens of prompt and response together; null keeps all. */
  maxLength: z._default(length, 1024),
  /** Most tokens of the prompt, of which the end is kept; null keeps all. */
  maxPromptLength: z._default(length, null),
  /** Most tokens of a response, of which the start is kept; null keeps all. */
  maxCompletionLength: z._default(length, null),
  truncationMode: z._default(z.enum(['keep_start', 'keep_end']), 'keep_start'),
  steps: z._default(stepsSchema, { rule: 'line' }),
  /** Calculator annotations `<<3*4=12>>` in solutions. */
  annotations: z._default(z.enum(['keep', 'remove']), 'keep'),
  /** Pairs to make of one row or prompt that has several right and wrong answers. */
  pairsPerRow: z._default(z.int().check(z.minimum(1), z.maximum(64)), 1),
  /** Of answers with scores: every pair, or each with the next lower. */
  rankedPairs: z._default(z.enum(['all', 'adjacent']), 'all'),
  /** Whether answers with a label alone may be paired, right with wrong of the same prompt. */
  pairUnpaired: z._default(z.boolean(), false),
  /** Share of the prompts kept from training. */
  heldOut: z._default(z.number().check(z.minimum(0), z.maximum(0.9)), 0.05),
  /** Most rows to read; null reads all. */
  limit: z._default(z.nullable(z.int().check(z.minimum(1), z.maximum(2_000_000))), null),
});

export type DatasetSettings = z.infer<typeof datasetSettingsSchema>;
export type FormatId = (typeof formatIds)[number];
export type ColumnMapping = z.infer<typeof mappingSchema>;
export type StepRule = z.infer<typeof stepsSchema>;

export const defaultDatasetSettings = (): DatasetSettings => z.parse(datasetSettingsSchema, {});
