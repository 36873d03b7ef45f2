import { sigmoid, softplus } from './maths';

/** A loss of the margin h = S_w - S_l of one pair: its value and slope, in float64. */
export interface PairLoss {
  value(h: number): number;
  slope(h: number): number;
}

/** DPO: softplus(-beta h). */
export const dpoLoss = (beta: number): PairLoss => ({
  value: (h) => softplus(-beta * h),
  slope: (h) => -beta * sigmoid(-beta * h),
});

/** IPO: (h - 1 / (2 tau))^2. */
export const ipoLoss = (tau: number): PairLoss => ({
  value: (h) => (h - 1 / (2 * tau)) ** 2,
  slope: (h) => 2 * (h - 1 / (2 * tau)),
});
