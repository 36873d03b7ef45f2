import { meanInterval as meanOf } from './student';

/** Mean of values and the ends of its 95 % interval, for a chart; without width from a single value. @throws when there is none */
export const meanInterval = (values: readonly number[]): { mean: number; low: number; high: number } => {
  const { mean, interval: [low, high] = [mean, mean] } = meanOf(values);
  return { mean, low, high };
};
