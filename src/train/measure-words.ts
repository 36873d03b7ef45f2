import type { Measure } from '../util/measure';

/** What is shown as zero has no sign. */
const digits = (value: number) => {
  const text = Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(1);
  return text.replace('-', Number(text) === 0 ? '' : '−');
};

/** A measure's value as people read it: a share in percent, everything else with its unit. */
export const measureValue = ({ unit, value }: Pick<Measure, 'unit' | 'value'>): string =>
  unit === 'share' ? `${(100 * value).toFixed(1)} %` : `${digits(value)} ${unit}`;

/** Its 95 % interval, without the unit: "3.1 to 9.4". */
export const measureInterval = ({ unit, interval }: Pick<Measure, 'unit' | 'interval'>): string =>
  interval.map((end) => (unit === 'share' ? (100 * end).toFixed(1) : digits(end))).join(' to ');

/** Measures of two evaluations by name, in the order of the later one. */
export const measuresBeforeAndAfter = (
  before: readonly Measure[] | undefined,
  after: readonly Measure[] | undefined,
): { before: Measure | undefined; after: Measure }[] =>
  (after ?? []).map((measure) => ({ before: before?.find(({ id }) => id === measure.id), after: measure }));
