import { methodById } from '../methods/index';
import type { DataKind } from '../methods/method';
import type { Params } from '../methods/params';
import { type LabAnswer, pairObjective } from './pair-objective';

/** Pairs of answers, and how far each might have moved. */
export interface PairQuestion {
  method: string;
  /** Those left out have their defaults. */
  params: Params;
  pairs: {
    chosen: LabAnswer;
    rejected: LabAnswer;
    /** Changes of the answers' log-probs since the reference, in nats. */
    at: (readonly [chosen: number, rejected: number])[];
  }[];
}

/** Of one pair alone, at each point: the loss and its derivatives by the two log-probs. NaN where an answer would be likelier than certain. */
export interface PairSurface {
  loss: number[];
  byChosen: number[];
  byRejected: number[];
}

/** Its loss is one of two answers to a prompt, without scores of their steps. */
export const learnsFromPairs = (eats: DataKind): boolean =>
  eats === 'pairs' || eats === 'next-steps' || eats === 'turns';

/**
 * A method's own objective on single pairs. What it reads beside policy and reference is neutral (`neutral` in
 * pair-objective.ts), and a loss that looks at the whole batch sees one pair.
 * @param tick awaited between points
 * @throws Error when the method does not learn from single pairs
 */
export const pairSurface = async (
  { method: id, params, pairs }: PairQuestion,
  tick: () => Promise<void>,
): Promise<PairSurface[]> => {
  const method = methodById(id);
  if (!learnsFromPairs(method.eats)) {
    throw new Error(`${method.name} does not learn from single pairs of answers, so it has no loss of one.`);
  }
  const surfaces: PairSurface[] = [];
  for (const { chosen, rejected, at } of pairs) {
    const objective = pairObjective(method, params, [chosen, rejected], [{ chosen: 0, rejected: 1 }]);
    const surface: PairSurface = { loss: [], byChosen: [], byRejected: [] };
    for (const [up, down] of at) {
      const [s, t] = [chosen.reference + up, rejected.reference + down];
      const { loss, gradient } =
        s > 0 || t > 0 ? { loss: Number.NaN, gradient: [Number.NaN, Number.NaN] } : await objective([s, t]);
      surface.loss.push(loss);
      surface.byChosen.push(gradient[0]!);
      surface.byRejected.push(gradient[1]!);
      await tick();
    }
    surfaces.push(surface);
  }
  return surfaces;
};
