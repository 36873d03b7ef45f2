/** What lessons look at in the model of a run, at its end. Everything they give is plain JSON. */
import type { CreditView } from '../../workers/protocol';
import type { Look } from './lesson';
import { type PushShares, pushShares } from './push';

/** Where the push goes over some pairs, and one of them. */
export interface PushLook {
  shares: PushShares | null;
  /** A pair in which right lines follow the mistake, where there is one. */
  pair: CreditView;
}

const rightAfterWrong = ({ responses }: CreditView): boolean => {
  const steps = responses.find(({ role }) => role === 'rejected')?.steps ?? [];
  const wrong = steps.findIndex(({ correct }) => correct === false);
  return wrong >= 0 && steps.slice(wrong + 1).some(({ correct }) => correct === true);
};

/** Credit on the first pairs. */
export const pushesOn =
  (count: number): Look =>
  async (engine): Promise<PushLook> => {
    const { total } = await engine.trees(0, 1);
    const views: CreditView[] = [];
    for (let i = 0; i < Math.min(count, total); i++) views.push(await engine.credit(i));
    return { shares: pushShares(views) ?? null, pair: views.find(rightAfterWrong) ?? views[0]! };
  };

/** Least and largest weight of the scored tokens, and one pair. */
export interface WeightLook {
  low: number;
  high: number;
  pair: CreditView;
}

/** Weights that an arm gives the tokens of its first pairs. */
export const weightsOf =
  (arm: number, count: number): Look =>
  async (engine): Promise<WeightLook> => {
    const views: CreditView[] = [];
    for (let i = 0; i < count; i++) views.push(await engine.credit(i, arm));
    const weights = views.flatMap(({ responses }) =>
      responses.flatMap(({ tokens }) => tokens.flatMap(({ step, weight }) => (step >= 0 ? [weight] : []))),
    );
    return {
      low: Math.min(...weights),
      high: Math.max(...weights),
      pair: views.find(rightAfterWrong) ?? views[0]!,
    };
  };
