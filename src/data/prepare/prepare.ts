import { TokenizerError } from '../../tokenizer/load';
import type { Tokenizer } from '../../tokenizer/tokenizer';
import type { PreferenceTree } from '../../tree/tree';
import { DataError, reasonOf } from '../data-error';
import { detectFormat, solutionColumns } from '../formats/detect';
import type { Example, ScoredExample } from '../formats/example';
import { RowProblem } from '../formats/example';
import { resolveMapping } from '../formats/parts';
import type { Shape } from '../formats/read-row';
import { readRow } from '../formats/read-row';
import type { RowSource } from '../rows/row-source';
import { isBad } from '../rows/row-source';
import type { ColumnMapping, DatasetSettings, FormatId } from '../settings';
import type { ChatTemplate, RenderMessages } from '../text/chat-template';
import { compileTemplate, plainTemplate } from '../text/chat-template';
import { findMatches } from '../text/pattern';
import { PatternProblem } from '../text/pattern-parse';
import type { TextTokenizer } from '../text/tokenize';
import { endText } from '../text/tokenize';
import { writtenAs } from './as-chat';
import type { BuildContext, Built } from './build-trees';
import { buildCompared, buildSingle } from './build-trees';
import { heldOutBy } from './held-out';
import { pairUnpaired } from './pair-unpaired';
import type { DatasetReport } from './report';
import type { MethodNeeds } from './shape';
import { shapeFor } from './shape';
import { createTracker } from './tracker';

/** Tokens that trees may hold together; a list of numbers in memory each. */
const MAX_TOKENS = 100_000_000;

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

interface Layout {
  format: FormatId;
  mapping: ColumnMapping;
  why: string | undefined;
}

const layoutOf = (source: RowSource, settings: DatasetSettings): Layout => {
  if (settings.format === 'auto') {
    const found = detectFormat(source);
    const named = Object.fromEntries(
      Object.entries(settings.mapping).filter(([, column]) => column !== undefined),
    );
    const mapping = resolveMapping(source.name, found.format, { ...found.mapping, ...named }, source.columns);
    return { format: found.format, mapping, why: found.why };
  }
  const { format } = settings;
  const own =
    settings.mapping.solutions ??
    (format === 'solutions' ? solutionColumns(source.columns, source.head) : []);
  const mapping = resolveMapping(
    source.name,
    format,
    { ...settings.mapping, ...(own.length > 0 && { solutions: own }) },
    source.columns,
  );
  if (format === 'solutions' && own.length === 0) {
    throw new DataError(
      source.name,
      'part "solutions"',
      'no column holds { solution, is_correct }; name them in mapping.solutions',
    );
  }
  return { format, mapping, why: undefined };
};

const rendererOf = async ({
  settings,
  template,
  tokenizer,
  source,
}: PrepareOptions): Promise<RenderMessages | undefined> => {
  if (settings.template === 'none') return undefined;
  if (settings.template === 'plain') return plainTemplate(endText(tokenizer));
  if (template) return compileTemplate(template);
  return () => {
    throw new DataError(
      source.name,
      'template',
      'has conversations, and the model has no chat template. Set template to "plain" to write them with a plain one',
    );
  };
};

const textOf = async (options: PrepareOptions): Promise<TextTokenizer> => {
  const { tokenizer, settings } = options;
  const around = tokenizer.around ?? { before: [], after: [] };
  const bos = tokenizer.bos === undefined ? [] : [tokenizer.bos];
  const before = { auto: around.before, add: bos, none: [] }[settings.bos];
  return {
    tokenizer,
    render: await rendererOf(options),
    before,
    after: settings.bos === 'none' ? [] : around.after,
  };
};

/** Reason and excerpt of what makes one row useless; anything else is thrown on. */
const problemOf = (error: unknown): { reason: string; excerpt: string } => {
  if (error instanceof RowProblem) return { reason: error.reason, excerpt: error.excerpt };
  if (error instanceof DataError && error.file === 'chat template') {
    return { reason: 'the chat template does not write the conversation', excerpt: error.reason };
  }
  if (error instanceof PatternProblem)
    return { reason: 'the pattern takes too long', excerpt: error.message };
  if (error instanceof TokenizerError)
    return { reason: 'the tokenizer cannot write it', excerpt: error.message };
  throw error;
};

const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Best answers of a list to learn from when nothing is compared. */
const answersOf = (example: ScoredExample, supervised: boolean, format: FormatId, limit: number) => {
  if (!supervised) return example.responses;
  const best = format === 'ranked' ? Math.max(...example.responses.map((r) => r.score)) : 1;
  return example.responses.filter((r) => r.score === best).slice(0, limit);
};

/**
 * Makes a dataset ready: rows to examples to tokens to trees, with a report of all that happened on the way. The order
 * of the trees is that of the rows; the same settings and seed give the same trees and the same held-out prompts.
 * @throws DataError when the file, the settings or the two together cannot be used, or no tree came out;
 *   the signal's reason when aborted
 */
export const prepareDataset = async (options: PrepareOptions): Promise<PreparedDataset> => {
  const { source, tokenizer, method, seed, signal } = options;
  const { contextLength } = options;
  const settings =
    contextLength === undefined
      ? options.settings
      : {
          ...options.settings,
          maxLength: Math.min(options.settings.maxLength ?? contextLength, contextLength),
        };
  const layout = layoutOf(source, settings);
  const shape = shapeFor(source.name, layout.format, method, settings);
  if (settings.steps.rule === 'pattern') {
    try {
      findMatches(settings.steps.pattern ?? '', 'a');
    } catch (error) {
      throw new DataError('settings', 'steps.pattern', reasonOf(error), { cause: error });
    }
  }
  const text = await textOf({ ...options, settings });
  const context: BuildContext = { text, settings, stepwise: shape === 'steps' };
  const tracker = createTracker(tokenizer, options.samples ?? 5);
  const isHeldOut = heldOutBy(seed, settings.heldOut);
  const trees: PreferenceTree[] = [];
  const heldOut: PreferenceTree[] = [];
  const rows = { read: 0, used: 0, dropped: 0 };
  const counts = { tokens: 0, comparisons: 0, held: 0 };
  const waiting: ScoredExample[] = [];

  const keep = (example: Example, built: Built) => {
    const size = built.tree.nodes.reduce((sum, node) => sum + node.tokens.length, 0);
    counts.held += size;
    if (counts.held > MAX_TOKENS) {
      throw new DataError(
        source.name,
        example.where,
        `holds more than ${MAX_TOKENS} tokens up to here; set a limit of rows`,
      );
    }
    tracker.used(example, built);
    if (isHeldOut(example.prompt)) heldOut.push(built.tree);
    else {
      trees.push(built.tree);
      counts.tokens += size;
      counts.comparisons += built.tree.comparisons.length;
    }
  };
  /** Builds each part of a row; true when at least one became a tree. */
  const attempt = (where: string, parts: readonly (() => void)[]): boolean => {
    let made = 0;
    for (const part of parts) {
      try {
        part();
        made++;
      } catch (error) {
        const { reason, excerpt } = problemOf(error);
        tracker.drop(reason, where, excerpt);
      }
    }
    return made > 0;
  };
  const idOf = (where: string, k: number) => (k === 0 ? where : `${where} #${k + 1}`);
  const partsOf = (given: Example, k: number): (() => void)[] => {
    const example = writtenAs(given, settings);
    if (shape !== 'scored') {
      return [() => keep(example, buildCompared(context, idOf(example.where, k), example))];
    }
    if (example.kind !== 'scored')
      return [() => keep(example, buildSingle(context, idOf(example.where, k), example))];
    const supervised = method.eats === 'solutions';
    const answers = answersOf(example, supervised, layout.format, settings.pairsPerRow);
    if (answers.length === 0) {
      return [
        () => {
          throw new RowProblem('the row has no right answer to learn from');
        },
      ];
    }
    return answers.map((answer, i) => () => {
      const single = { ...example, responses: [answer] };
      keep(single, buildSingle(context, idOf(example.where, k + i), single, answer));
    });
  };

  const readAll = async (shape: Shape) => {
    let lastPause = Date.now();
    for await (const row of source.rows()) {
      if (settings.limit !== null && rows.read >= settings.limit) break;
      rows.read++;
      if (isBad(row)) {
        tracker.drop(row.problem, row.where, row.excerpt);
        rows.dropped++;
      } else {
        let examples: Example[] = [];
        const wasRead = attempt(row.where, [
          () => {
            examples = readRow(row, layout.format, layout.mapping, settings, shape);
          },
        ]);
        if (wasRead && layout.format === 'unpaired' && shape !== 'scored') {
          waiting.push(...(examples as ScoredExample[]));
        } else if (wasRead && attempt(row.where, examples.flatMap(partsOf))) rows.used++;
        else rows.dropped++;
      }
      if (Date.now() - lastPause > 30) {
        options.progress?.(rows.read, source.count);
        await pause();
        signal?.throwIfAborted();
        lastPause = Date.now();
      }
    }
  };
  const pairWaiting = async () => {
    for (const group of pairUnpaired(waiting, settings.pairsPerRow)) {
      if (group.pairs.length === 0) {
        for (const where of group.rows)
          tracker.drop('no answer of the other label to the same prompt', where, '');
        rows.dropped += group.rows.length;
      } else if (attempt(group.where, group.pairs.flatMap(partsOf))) rows.used += group.rows.length;
      else rows.dropped += group.rows.length;
    }
  };

  signal?.throwIfAborted();
  await readAll(shape);
  await pairWaiting();
  options.progress?.(rows.read, rows.read);
  const report = tracker.finish({
    file: source.name,
    ...layout,
    rows,
    trees: { train: trees.length, heldOut: heldOut.length },
    comparisons: counts.comparisons,
    tokens: counts.tokens,
  });
  if (layout.format === 'solutions' && shape === 'steps') {
    report.warnings.push(
      'Wrong steps were told by their numbers: a calculation that does not hold, or one that no right solution of the question makes. The second kind may be right as part of another way; look at the samples.',
    );
  }
  if (trees.length === 0) {
    const first = report.dropped[0];
    throw new DataError(
      source.name,
      '',
      heldOut.length > 0
        ? `all ${heldOut.length} examples are held out; lower heldOut or give more rows`
        : first
          ? `none of its ${rows.read} rows can be used. Most often: ${first.reason} (${first.examples[0]?.where ?? ''})`
          : 'has no rows',
    );
  }
  return { trees, heldOut, report };
};
