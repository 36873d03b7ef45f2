import { count, plural } from '../util/count';

export { count, plural };

/** Numbers as people read them. A real minus sign, so that columns line up. */
const minus = (text: string) => text.replaceAll('-', '\u2212');

/** Four significant digits, exponents where they help. */
export const number = (value: number | undefined): string => {
  if (value === undefined) return '–';
  if (!Number.isFinite(value)) return minus(String(value));
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e6)) return minus(value.toExponential(2));
  return minus(String(Number(value.toPrecision(4))));
};

/** With its sign, and without one where what is shown is 0. */
export const signed = (value: number, digits = 3): string => {
  const text = Math.abs(value) >= 1e4 ? value.toExponential(2) : value.toFixed(digits);
  if (Number(text) === 0) return text.replace('-', '');
  return `${value > 0 ? '+' : ''}${minus(text)}`;
};

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)}\u202f%`;

/** "8.4 points": the difference of two shares. */
export const points = (difference: number): string => `${signed(100 * difference, 1)} points`;

export const bytes = (count: number): string => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)}\u202f${units[unit]}`;
};

/** The unit in which a cost is easily read, and how many of it are a TFLOP. */
export const flopUnit = (tera: number): { name: string; per: number } =>
  tera < 0.1 ? { name: 'GFLOP', per: 1000 } : { name: 'TFLOP', per: 1 };

/** Floating-point operations: "0.35 TFLOP". */
export const operations = (flops: number): string => {
  const { name, per } = flopUnit(flops / 1e12);
  return `${number(Number(((flops / 1e12) * per).toPrecision(2)))}\u202f${name}`;
};

/** 1.3 million, 216 thousand. */
export const roughly = (value: number): string =>
  value >= 1e6
    ? `${(value / 1e6).toFixed(1)} million`
    : value >= 1e4
      ? `${Math.round(value / 1e3)} thousand`
      : count(value);

export const date = (time: number): string =>
  new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** A stretch of time: "under 0.01 s", "2.4 s", "12 min", "3.5 h". */
export const duration = (seconds: number): string => {
  if (seconds < 0.01) return 'under 0.01\u202fs';
  if (seconds < 90) return `${number(Number(seconds.toPrecision(2)))}\u202fs`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}\u202fmin`;
  return `${number(Number((seconds / 3600).toPrecision(2)))}\u202fh`;
};

/** The value of a field of the run document, as a person would say it. */
export const fieldValue = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? 'a new one'
    : value === true
      ? 'on'
      : typeof value === 'number'
        ? value.toLocaleString('en-GB', { maximumSignificantDigits: 6 })
        : String(value);
