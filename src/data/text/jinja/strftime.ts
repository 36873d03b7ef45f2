import { fail } from './error';

const two = (n: number) => String(n).padStart(2, '0');
const name = (date: Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en', options).format(date);
const dayOfYear = (date: Date) =>
  Math.round(
    (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 0)) /
      86_400_000,
  );

const directives: Record<string, (date: Date) => string> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2, ' '),
  B: (date) => name(date, { month: 'long' }),
  b: (date) => name(date, { month: 'short' }),
  h: (date) => name(date, { month: 'short' }),
  A: (date) => name(date, { weekday: 'long' }),
  a: (date) => name(date, { weekday: 'short' }),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  f: (date) => String(date.getMilliseconds() * 1000).padStart(6, '0'),
  j: (date) => String(dayOfYear(date)).padStart(3, '0'),
  w: (date) => String(date.getDay()),
  u: (date) => String(date.getDay() || 7),
  // datetime.now() knows no zone.
  z: () => '',
  Z: () => '',
  F: (date) => strftime(date, '%Y-%m-%d'),
  T: (date) => strftime(date, '%H:%M:%S'),
  R: (date) => strftime(date, '%H:%M'),
  D: (date) => strftime(date, '%m/%d/%y'),
  x: (date) => strftime(date, '%m/%d/%y'),
  X: (date) => strftime(date, '%H:%M:%S'),
  c: (date) => strftime(date, '%a %b %e %H:%M:%S %Y'),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

/** Python's strftime in the C locale, `%-d` without leading zeros included. */
export const strftime = (date: Date, format: string): string =>
  format.replace(/%(-?)([a-zA-Z%])/g, (whole, bare: string, letter: string) => {
    if (!Object.hasOwn(directives, letter)) return fail(`${whole} in a date is not supported here`);
    const text = directives[letter]!(date);
    return bare ? text.replace(/^[0 ]+(?=\d)/, '') : text;
  });
