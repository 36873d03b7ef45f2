import type { Tokenizer } from '../../tokenizer/tokenizer';
import type { PreferenceTree } from '../../tree/tree';
import { DataError, reasonOf } from '../data-error';
import type { Example, ScoredExample } from '../formats/example';
import type { Shape } from '../formats/read-row';
import type { RowSource } from '../rows/row-source';
import type { DatasetSettings } from '../settings';
import type { ChatTemplate } from '../text/chat-template';
import { findMatches } from '../text/pattern';
import type { TextTokenizer } from '../text/tokenize';
import { writtenAs } from './as-chat';
import { createBuilder } from './build';
import { createTalkCheck } from './check-talk';
import { columnTally } from './column-tally';
import { groupAnswers } from './group-answers';
import type { Layout } from './layout';
import { layoutOf } from './layout';
import { createNotes } from './notes';
import { isTalk, readExamples } from './read';
import type { DatasetReport } from './report';
import { unusedIn } from './report';
import { createRoute } from './route';
import type { MethodNeeds } from './shape';
import { isLabelled, shapeFor } from './shape';
import { textOf } from './text-of';
import { createTracker } from './tracker';

export interface PrepareOptions {
  source: RowSource;
  settings: DatasetSettings;
  tokenizer: Tokenizer;
  /** The model's chat template, if it has one. */
  template: ChatTemplate | undefined;
  method: MethodNeeds;
  /** Of the run; decides what is held out. */
  seed: number;
  /** Longest input of the model, in tokens; shortens `maxLength` where that is longer. */
  contextLength?: number;
  /** Examples to show in the report. */
  samples?: number;
  /** Called now and then; `total` where the file says how many rows it has. */
  progress?: (rows: number, total: number | undefined) => void;
  signal?: AbortSignal;
}

export interface PreparedDataset {
  trees: PreferenceTree[];
  /** Trees of prompts that are kept from training. */
  heldOut: PreferenceTree[];
  report: DatasetReport;
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Shortened to what the model can read. */
const settingsFor = ({ settings, contextLength }: PrepareOptions): DatasetSettings =>
  contextLength === undefined
    ? settings
    : { ...settings, maxLength: Math.min(settings.maxLength ?? contextLength, contextLength) };

const checkPattern = ({ steps }: DatasetSettings) => {
  if (steps.rule !== 'pattern') return;
  try {
    findMatches(steps.pattern ?? '', 'a');
  } catch (error) {
    throw new DataError('settings', 'steps.pattern', reasonOf(error), { cause: error });
  }
};

interface Plan {
  settings: DatasetSettings;
  layout: Layout;
  shape: Shape;
  text: TextTokenizer;
}

/** Nothing came out of a file: why. */
const nothing = ({ report, heldOut }: PreparedDataset): DataError => {
  const first = report.dropped[0];
  return new DataError(
    report.file,
    '',
    heldOut.length > 0
      ? `all ${heldOut.length} examples are held out; lower heldOut or give more rows`
      : first
        ? `none of its ${report.rows.read} rows can be used. Most often: ${first.reason} (${first.examples[0]?.where ?? ''})${unusedIn(report)}`
        : 'has no rows',
  );
};

/**
 * Reads the file once, writing plain rows as conversations where `asChat`.
 * @returns undefined when plain rows were written as text and then a conversation came: one file is written in one way
 */
const readOnce = async (
  options: PrepareOptions,
  { settings, layout, shape, text }: Plan,
  asChat: boolean,
): Promise<PreparedDataset | undefined> => {
  const { source, tokenizer, method, seed, signal } = options;
  const notes = createNotes();
  const columns = columnTally(source.columns, layout.mapping);
  const tracker = createTracker(tokenizer, options.samples ?? 5);
  const route = createRoute(source.name, { seed, heldOut: settings.heldOut }, tracker);
  const rows = { read: 0, used: 0, dropped: 0 };
  const waiting: ScoredExample[] = [];
  const build = createBuilder({
    context: {
      text,
      settings,
      stepwise: shape === 'steps',
      inTurns: method.eats === 'turns',
      check: createTalkCheck(notes.note),
      note: notes.note,
    },
    shape,
    supervised: method.eats === 'solutions',
    format: layout.format,
    settings,
    keep: route.keep,
    drop: ({ reason, excerpt }, where) => tracker.drop(reason, where, excerpt),
  });
  const count = (isUsed: boolean, of = 1) => {
    rows[isUsed ? 'used' : 'dropped'] += of;
    notes.rowDone();
  };
  const written = (example: Example): Example => {
    if (!isTalk(example)) {
      if (asChat && settings.plainRows !== 'chat') notes.note('as-chat');
      else if (!asChat && settings.system !== '') notes.note('system-unused');
    }
    return writtenAs(example, asChat, settings.system);
  };

  const asWritten: DatasetSettings = asChat ? { ...settings, plainRows: 'chat' } : settings;
  let [plain, talks] = [0, 0];
  let lastPause = Date.now();
  for await (const { where, value, examples, problem } of readExamples(
    source,
    layout,
    asWritten,
    shape,
    notes.note,
  )) {
    rows.read++;
    if (value) columns.add(value);
    const own = examples.filter(isTalk).length;
    talks += own;
    plain += examples.length - own;
    if (!asChat && talks > 0 && plain > 0 && settings.template !== 'none') return undefined;
    if (problem) {
      tracker.drop(problem.reason, where, problem.excerpt);
      count(false);
    } else if (isLabelled(layout.format) && shape !== 'scored') {
      waiting.push(...(examples.map(written) as ScoredExample[]));
      notes.rowDone();
    } else count(build(where, examples.map(written)));
    if (Date.now() - lastPause > 30) {
      options.progress?.(rows.read, source.count);
      await pause();
      signal?.throwIfAborted();
      lastPause = Date.now();
    }
  }
  for (const group of groupAnswers(waiting, shape, settings.pairsPerRow)) {
    if (group.examples.length === 0) {
      const why =
        shape === 'steps' && layout.format === 'stepwise'
          ? 'no answer to the same prompt has a right step where this one first goes wrong, after the same steps'
          : 'no answer of the other label to the same prompt';
      for (const where of group.rows) tracker.drop(why, where, '');
    }
    count(group.examples.length > 0 && build(group.where, group.examples), group.rows.length);
  }
  options.progress?.(rows.read, rows.read);
  const { trees, heldOut, counts } = route;
  const report = tracker.finish({
    file: source.name,
    ...layout,
    rows,
    unusedColumns: columns.list(),
    unusedFields: notes.unusedFields(),
    trees: { train: trees.length, heldOut: heldOut.length },
    comparisons: counts.comparisons,
    tokens: counts.tokens,
  });
  report.warnings.push(...notes.warnings());
  if (layout.format === 'solutions' && shape === 'steps') {
    report.warnings.push(
      'Wrong steps were told by their numbers: a calculation that does not hold, or one that no right solution of the question makes. The second kind may be right as part of another way; look at the samples.',
    );
  }
  return { trees, heldOut, report };
};

/**
 * Makes a dataset ready: rows to examples to tokens to trees, with a report of all that happened on the way. The order
 * of the trees is that of the rows; the same settings and seed give the same trees and the same held-out prompts. A file
 * with conversations and plain texts is written as conversations throughout.
 * @throws DataError when the file, the settings or the two together cannot be used, or no tree came out;
 *   the signal's reason when aborted
 */
export const prepareDataset = async (options: PrepareOptions): Promise<PreparedDataset> => {
  const { source, method, signal, tokenizer, template } = options;
  const settings = settingsFor(options);
  const layout = layoutOf(source, settings);
  const shape = shapeFor(source.name, layout.format, method, settings);
  checkPattern(settings);
  const plan = {
    settings,
    layout,
    shape,
    text: await textOf({ file: source.name, settings, tokenizer, template }),
  };
  signal?.throwIfAborted();
  const asGiven = await readOnce(options, plan, settings.plainRows === 'chat');
  const prepared = asGiven ?? (await readOnce(options, plan, true))!;
  if (prepared.trees.length === 0) throw nothing(prepared);
  return prepared;
};
