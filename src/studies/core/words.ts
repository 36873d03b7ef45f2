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

/** Digits with which none of the numbers is written as zero that is none; two more than wanted at most. */
const enoughFor = (values: readonly number[], digits: number): number => {
  const shows = (value: number, d: number) => value === 0 || Number(value.toFixed(d)) !== 0;
  let enough = digits;
  while (enough < digits + 2 && !values.every((value) => shows(value, enough))) enough++;
  return enough;
};

/** "−1.2 to +3.4"; an end that would be written as zero and is none gets as many digits as show its side. */
export const rangeInWords = (interval: readonly [number, number], digits = 1): string => {
  const enough = enoughFor(interval, digits);
  return interval.map((end) => signed(end, enough)).join(' to ');
};

/** "3.6 points": how large an effect is that would have been seen. */
export const sizeInWords = (value: number, { unit, digits = 1 }: Pick<Measure, 'unit' | 'digits'>): string =>
  `${value.toFixed(enoughFor([value], digits))}${unit && ` ${unit}`}`;

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

/** How small an effect would have been seen, and whether what there is would matter; empty where nothing is random. */
export const seenInWords = ({ measure, interest }: Study, { id, interval, seen }: Outcome): string => {
  if (!interval || seen === undefined) return '';
  const size = (value: number) => sizeInWords(value, measure);
  if (Math.max(-interval[0], interval[1]) < interest)
    return `${id === 'not-shown' ? 'whatever there is, it is' : 'there, and'} smaller than the ${size(interest)} that would matter`;
  const matters = id === 'not-shown' && seen > interest ? `; one of ${size(interest)} would matter` : '';
  return `an effect of ${size(seen)} or more would have been seen${matters}`;
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
