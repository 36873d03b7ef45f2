/**
 * DPO's loss of one pair.
 * @param chosen what the preferred answer's log-prob has become since the reference, in nats; `rejected` the same of the other
 */
export const lossAt = (chosen: number, rejected: number, beta: number): number =>
  Math.log1p(Math.exp(-beta * (chosen - rejected)));
