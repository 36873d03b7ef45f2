// `npm run train -- --compare`: what its value says, and what is told of the arms at the end.
import { UsageError } from './usage-error.mjs';

const most = 4;

/** Options that speak of one run's weights or of no run at all. */
const alone = [
  'method',
  'preset',
  'param',
  'wrap',
  'source',
  'out',
  'export',
  'dtype',
  'logits',
  'chat',
  'check',
  'estimate',
];

/**
 * "dpo,ipo,dpo:seed=2:beta=0.5": methods, each with what it has of its own.
 * @param {Record<string, any>} options
 */
export const readArms = (options) => {
  const text = options.compare;
  if (text === undefined) return undefined;
  const arms = text.split(',').map((/** @type {string} */ part) => {
    const [method = '', ...own] = part.trim().split(':');
    if (method === '') throw new UsageError(`--compare: "${text}" has an arm without a method.`);
    return {
      method,
      own: own.map((pair) => {
        const at = pair.indexOf('=');
        if (at < 1) throw new UsageError(`--compare: "${pair}" of ${method} is not NAME=VALUE.`);
        return { name: pair.slice(0, at), value: pair.slice(at + 1) };
      }),
    };
  });
  if (arms.length < 2 || arms.length > most)
    throw new UsageError(
      `--compare: takes two to ${most} methods, with commas between them; ${arms.length} given.`,
    );
  const idle = alone.find((name) => options[name] !== undefined);
  if (idle) {
    const why = ['param', 'wrap', 'source', 'preset', 'method'].includes(idle)
      ? 'say what an arm has of its own behind its method, such as dpo:beta=0.5'
      : 'train the arm that is wanted alone for that';
    throw new UsageError(`--${idle}: does not go with --compare; ${why}.`);
  }
  return arms;
};

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const signed = (value, digits = 1) => `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;

/** Where no problem changed sides there is nothing to make an interval of. */
const besideWords = ({ difference, interval: [low, high], gained, lost }) =>
  gained + lost === 0
    ? 'the same are solved'
    : `${signed(100 * difference)} (${signed(100 * low)} to ${signed(100 * high)})`;

/** @param {any[]} arms see src/headless-compare.ts */
export const comparedLines = (arms) => {
  const rows = [
    [
      '',
      ...arms.map(
        ({ letter, document }) =>
          `${letter}  ${document.method.id}${document.seed === arms[0].document.seed ? '' : `, seed ${document.seed}`}`,
      ),
    ],
    ['before', ...arms.map(({ before }) => (before ? percent(before.accuracy) : '-'))],
    ['after', ...arms.map(({ after, phase, error }) => error ?? (after ? percent(after.accuracy) : phase))],
    ['points beside A', ...arms.map(({ paired }) => (paired ? besideWords(paired) : '-'))],
    ['mended, broke', ...arms.map(({ mended }) => (mended ? `${mended.mended}, ${mended.broken}` : '-'))],
    ['chosen, nats', ...arms.map(({ chosen }) => (chosen === null ? '-' : signed(chosen, 2)))],
    ['rejected, nats', ...arms.map(({ rejected }) => (rejected === null ? '-' : signed(rejected, 2)))],
  ];
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('   ')
      .trimEnd(),
  );
};
