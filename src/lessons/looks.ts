/** What lessons look at in the model of a run, at its end. Everything they give is plain JSON. */
import type { CreditView } from '../../workers/protocol';
import { conditionAt, inWords } from '../diffusion/world/condition';
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

/** Two pictures of one request, in an order that does not tell which is preferred; null where no pair was made. */
export type PictureLook = { asked: string; pictures: { pixels: number[]; reward: number }[] } | null;

/** Of the first pairs of pictures, the one whose rewards lie furthest apart. */
export const clearestOf =
  (count: number): Look =>
  async (engine): Promise<PictureLook> => {
    const { trees } = await engine.trees(0, count);
    const margin = (i: number) => trees[i]!.comparisons[0]?.margin ?? 0;
    const best = trees.reduce((most, _, i) => (margin(i) > margin(most) ? i : most), 0);
    const { images } = trees.length > 0 ? await engine.credit(best) : {};
    if (!images) return null;
    const pictures = images.answers.map(({ to, labels }) => ({
      pixels: [...to.pixels],
      reward: labels['reward'] ?? 0,
    }));
    return {
      asked: inWords(conditionAt(images.condition)),
      pictures: best % 2 === 0 ? pictures.reverse() : pictures,
    };
  };
