// A dataset's report, an estimate and an evaluation as lines of text.
import { flagOf } from './options.mjs';

const count = (n) => n.toLocaleString('en');
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Bytes for people, decimal. */
export const size = (bytes) => {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1000 ? `${(bytes / 1000).toFixed(1)} kB` : `${bytes} B`;
};

/** Columns as wide as their widest cell; numbers to the right. */
const table = (rows) => {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  const written = (cell, i) =>
    typeof cell === 'number' || /^[\d.,]+( \w+)?$/.test(cell)
      ? String(cell).padStart(widths[i])
      : cell.padEnd(widths[i]);
  return rows.map((row) => `  ${row.map(written).join('  ')}`.trimEnd());
};

/** A name as the file writes it, on one line. */
const shown = (name) => (/^[\p{L}\p{N}_.-]+$/u.test(name) ? name : JSON.stringify(name));

const mapped = (mapping) =>
  Object.entries(mapping)
    .filter(([, column]) => column !== undefined)
    .map(([part, column]) => (part === column ? part : `${part}=${[column].flat().map(shown).join(',')}`))
    .join(', ');

/** Places of dropped rows that are listed for each reason. */
const PLACES = 3;

const droppedLine = ({ reason, count: dropped, examples }, file) => {
  const places = examples.slice(0, PLACES).map(({ where }) => where.replace(`${file}, `, ''));
  return `  ${count(dropped)} dropped: ${reason} (${places.join('; ')}${dropped > PLACES ? '; ...' : ''})`;
};

const unusedLine = (columns) => {
  const listed = columns.map(
    ({ name, count: rows }) => `${shown(name)} (${rows === 0 ? 'empty' : count(rows)})`,
  );
  return `  not used: ${listed.join(', ')}`;
};

const lengthsOf = ({ lengths, truncated }) => {
  const rows = Object.entries(lengths)
    .filter(([, histogram]) => histogram.count > 0)
    .map(([side, h]) => [
      // Nothing is compared: all answers are of one kind.
      side === 'chosen' && lengths.rejected.count === 0 ? 'answer' : side,
      ...[h.min, Math.round(h.median), Math.round(h.p95), h.max, truncated[side]].map(count),
    ]);
  return table([['tokens', 'least', 'median', '95 %', 'most', 'cut'], ...rows]);
};

/** Lines of a dataset's report, a `DatasetReport` of the library. */
export const reportLines = (report) => {
  const { file, format, mapping, why, unusedColumns, rows, dropped, trees, comparisons, tokens } = report;
  return [
    `${file}: ${format} (${mapped(mapping)})${why ? `, since ${why}` : ''}`,
    `  ${count(rows.read)} rows read, ${count(rows.used)} used, ${count(rows.dropped)} dropped`,
    ...dropped.map((reason) => droppedLine(reason, file)),
    ...(unusedColumns.length > 0 ? [unusedLine(unusedColumns)] : []),
    `  ${count(trees.train)} examples to train on (${count(comparisons)} comparisons, ${count(tokens)} tokens), ${count(trees.heldOut)} held out`,
    ...lengthsOf(report),
    ...report.warnings.map((warning) => `  Note: ${warning}`),
  ];
};

const duration = (seconds) => {
  if (seconds < 0.1) return 'less than 0.1 s';
  if (seconds < 120) return `${seconds < 10 ? seconds.toPrecision(2) : Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

const remedyLine = ({ field, value, why, totalBytes }, document) => {
  let change = `${flagOf(field) ?? field} ${value}`;
  if (value === true) change = change.replace(/ true$/, '');
  if (field === 'adapter') change = '--lora';
  if (field === 'batchSize') change += ` --accumulate ${document.accumulate * 2}`;
  return `  ${change}: ${why}; ${size(totalBytes)}`;
};

/** What comes beside the steps. */
const aheadLine = ({ what, count: n, seconds }, { data }, images) => {
  const time = seconds === undefined ? '' : `: ${duration(seconds)}`;
  const things = `${count(n)} ${data.dataset || images ? 'example' : 'pair'}${n === 1 ? '' : 's'}`;
  if (what === 'drawing')
    return `  beside the steps, what it learns from is drawn in ${count(n)} steps of denoising${time}`;
  if (what === 'making') return `  beside the steps, ${things} are made${time}`;
  if (what === 'scoring') return `  ${things} at most are scored under the reference${time}`;
  return `  it is measured on what is held out ${count(n)} time${n === 1 ? '' : 's'}${time}`;
};

/** Lines of an `Estimate` for a run document. */
export const estimateLines = (estimate, document) => {
  const { parts, totalBytes, limitBytes, secondsPerStep, tokensPerStep, longest, ahead, secondsInAll } =
    estimate;
  const { images } = estimate;
  const time =
    secondsPerStep === undefined
      ? 'time not measured'
      : `${duration(secondsPerStep)} a step, ${duration(secondsInAll ?? secondsPerStep * document.steps)} in all, roughly`;
  return [
    `It will take about ${size(totalBytes)}${limitBytes ? ` of the ${size(limitBytes)} that can be counted on` : ''}; ${time}`,
    ...ahead.map((part) => aheadLine(part, document, images)),
    ...table(parts.map(({ what, bytes }) => [what, size(bytes)])),
    images
      ? `  for ${count(images.perStep)} noisy images a step, ${(images.flops / 1e12).toPrecision(2)} TFLOP in all`
      : `  for ${count(tokensPerStep)} tokens a step, the longest example with ${count(longest)}`,
  ];
};

/** Why it does not fit, and what would help. */
export const misfitLines = (estimate, document) => [
  `This run does not fit. ${estimate.problem}`,
  ...(estimate.remedies.length > 0
    ? ['These would help, each with the memory it would then take:']
    : ['Nothing that can be set would make it fit; take a smaller model.']),
  ...estimate.remedies.map((remedy) => remedyLine(remedy, document)),
  'To begin all the same, add --force.',
];

/** Before the first update every margin is 0, and no pair is ranked: see src/train/outcome.ts. */
export const areTied = (updates, margin = 1) => updates === 0 && Math.abs(margin) < 1e-5;

/** A measure's value and interval: src/train/measure-words.ts. */
const measured = ({ unit, value, interval }) => {
  const digits = (x) => {
    const text = unit === 'share' ? (100 * x).toFixed(1) : Math.abs(x) < 10 ? x.toFixed(2) : x.toFixed(1);
    return Number(text) === 0 ? text.replace('-', '') : text;
  };
  return `${digits(value)}${unit === 'share' ? ' %' : ` ${unit}`} (${interval.map(digits).join(' to ')})`;
};

/** What the world of the problems measures beside accuracy, one line each: before and after. */
export const measureLines = (before, after) => {
  const measures = after?.measures ?? before?.measures ?? [];
  const width = Math.max(0, ...measures.map(({ name }) => name.length));
  return measures.map(({ id, name }) => {
    const [then, now] = [before, after].map((e) => e?.measures?.find((m) => m.id === id));
    return `  ${name.padEnd(width)}  ${[then, now].flatMap((m) => (m ? [measured(m)] : [])).join(' -> ')}`;
  });
};

/** What was measured of the data of each pass, a line each. */
export const madeLines = (made = {}, passes = []) =>
  Object.entries(made).flatMap(([stage, measures]) => {
    const label = passes.find(({ id }) => id === stage)?.label ?? 'Data';
    return measures.map((measure) => `  ${label}: ${measure.name} ${measured(measure)}`);
  });

/** One line for an `Evaluation`, of answers or of held-out rows. */
export const evaluationLine = (name, e) => {
  const interval = `95 % interval ${(100 * e.interval[0]).toFixed(1)} to ${(100 * e.interval[1]).toFixed(1)}`;
  if (e.kind !== 'pairs')
    return `${name} ${percent(e.accuracy)} of ${e.problems} ${e.kind === 'images' ? 'images as asked' : 'held-out problems'}${e.temperature ? `, sampled at temperature ${e.temperature}` : ''} (${interval})`;
  const loss = `loss ${(e.metrics?.eval_loss ?? Number.NaN).toFixed(4)} on held-out rows`;
  if (e.problems === 0) return `${name} ${loss}`;
  if (areTied(e.step, e.metrics?.['eval_rewards/margins']))
    return `${name} ${loss}, every margin 0: ${e.problems} held-out pairs tied`;
  return `${name} ${loss}, ${percent(e.accuracy)} of ${e.problems} held-out pairs ranked right (${interval})`;
};
