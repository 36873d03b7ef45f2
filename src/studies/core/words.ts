import type { Outcome } from './stored';
import type { Measure, Study } from './study';
import { verdicts } from './verdict';

/** A difference with its sign, a true minus. */
export const signed = (value: number, digits = 1): string => {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
};

export const amount = (value: number, { unit, digits = 1 }: Pick<Measure, 'unit' | 'digits'>): string =>
  `${signed(value, digits)}${unit && ` ${unit}`}`;

/** "−1.2 to +3.4"; an end that would be written as zero and is none gets as many digits as show its side. */
export const rangeInWords = (interval: readonly [number, number], digits = 1): string => {
  const shows = (end: number, d: number) => end === 0 || Number(end.toFixed(d)) !== 0;
  let enough = digits;
  while (enough < digits + 2 && !interval.every((end) => shows(end, enough))) enough++;
  return interval.map((end) => signed(end, enough)).join(' to ');
};

/** An amount without a sign: "2 points", "1 nat". */
export const plainAmount = (
  value: number,
  { unit, digits = 1 }: Pick<Measure, 'unit' | 'digits'>,
): string => {
  const text = String(Number(value.toFixed(Math.max(digits, 2))));
  return unit ? `${text} ${text === '1' ? unit.replace(/s$/, '') : unit}` : text;
};

/** "+9.7 points (5.3 to 14.2)". */
export const effectInWords = (
  { effect, interval }: { effect?: number | undefined; interval?: [number, number] | undefined },
  measure: Pick<Measure, 'unit' | 'digits'>,
): string => {
  if (effect === undefined) return '';
  const range = interval && rangeInWords(interval, measure.digits);
  return `${amount(effect, measure)}${range ? ` (${range})` : ''}`;
};

/** What a verdict of "not shown" leaves open. */
export const seenInWords = ({ measure, interest }: Study, { id, interval, seen }: Outcome): string => {
  if (id !== 'not-shown' || !interval || seen === undefined) return '';
  const digits = measure.digits ?? 1;
  const size = (value: number) => `${value.toFixed(digits)}${measure.unit && ` ${measure.unit}`}`;
  const small = Math.max(-interval[0], interval[1]) < interest;
  return small
    ? `whatever there is, it is smaller than the ${size(interest)} that would matter`
    : `an effect of ${size(seen)} or more would have been seen${seen > interest ? `; one of ${size(interest)} would matter` : ''}`;
};

/** The verdict in a line. */
export const outcomeInWords = (study: Study, outcome: Outcome): string => {
  const { word } = verdicts[outcome.id];
  if (outcome.id === 'not-run')
    return outcome.done > 0 ? `${word}: ${outcome.done} of ${study.seeds.length} seeds` : word;
  const seen = seenInWords(study, outcome);
  const side =
    outcome.id === 'exact' ? (outcome.agrees ? ', as the paper says' : ', not as the paper says') : '';
  return `${word}: ${effectInWords(outcome, study.measure)}${side}${seen && `; ${seen}`}`;
};
