import { rankCorrelation, slopeOf } from '../../util/correlation';
import type { PairChange } from './since-start';

/** An answer: how long it is, and how much likelier it has become, in nats; times β that is its implicit reward. */
export interface LengthPoint {
  tokens: number;
  nats: number;
  side: 'chosen' | 'rejected';
}

/** All answers of a probe's pairs. */
export const lengthPoints = (changes: readonly PairChange[]): LengthPoint[] =>
  changes.flatMap(({ pair, chosen, rejected }) =>
    (['chosen', 'rejected'] as const).map((side) => ({
      side,
      tokens: pair[side].tokens.reduce((a, b) => a + b, 0),
      nats: (side === 'chosen' ? chosen : rejected).all,
    })),
  );

/** How length and reward go together; undefined where all answers are equally long, or none has moved. */
export const lengthFit = (points: readonly LengthPoint[]) => {
  const [tokens, nats] = [points.map((p) => p.tokens), points.map((p) => p.nats)];
  const [slope, rank] = [slopeOf(tokens, nats), rankCorrelation(tokens, nats)];
  return slope === undefined || rank === undefined ? undefined : { slope, rank };
};
