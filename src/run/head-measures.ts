import type { Head } from '../methods/objective';
import type { Network } from '../model/network';
import { scoreTrees } from '../train/score';
import { pathOf } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import { areaUnderCurve, groupInterval } from '../util/area-under-curve';
import type { Measure } from '../util/measure';
import { yieldToMessages } from '../util/mutex';
import { createRng } from '../util/rng';

/** The steps of an answer: what the head says at the end of each, and whether all is right up to there. */
interface Judged {
  value: number[];
  sound: number[];
}

/** @param perToken a value for each scored token; else one for each step */
const judgedBy = (tree: PreferenceTree, values: Float32Array, perToken: boolean): Judged => {
  const sound: number[] = [];
  const value: number[] = [];
  let next = 0;
  for (const { leaf } of tree.responses) {
    for (const n of pathOf(tree, leaf)) {
      const { scored, labels, tokens } = tree.nodes[n]!;
      if (!scored) continue;
      next += perToken ? tokens.length : 1;
      const q = labels?.['q'];
      if (q === undefined) continue;
      sound.push(q > 0 ? 1 : 0);
      value.push(values[next - 1]!);
    }
  }
  return { value, sound };
};

/**
 * How well a value head, read at the end of every step (one at states before its last token, see `sequenceValues`), tells
 * answers that are right so far from those that are not: the area under the ROC curve, and of heads that are trained at steps
 * the share whose sign is right. Intervals by drawing answers again.
 * @param valued the network with the head
 * @param trees with the label `q` at their steps
 */
export const headMeasures = async (
  valued: Network,
  head: Head,
  trees: readonly PreferenceTree[],
  seed: number,
): Promise<Measure[]> => {
  const values = await scoreTrees(valued, trees, yieldToMessages, { read: 'head', head });
  const answers = trees.map((tree) => judgedBy(tree, values.get(tree.id)!, head.at === 'state'));
  const sound = answers.flatMap((answer) => answer.sound);
  if (!(sound.includes(0) && sound.includes(1))) return [];
  const rng = createRng(seed).fork('head');
  const measure = (
    of: Pick<Measure, 'id' | 'name' | 'unit'>,
    statistic: (some: readonly Judged[]) => number,
  ) => ({
    ...of,
    better: 'higher' as const,
    value: statistic(answers),
    interval: groupInterval(answers, statistic, rng),
    count: sound.length,
  });
  const area = measure(
    { id: 'value-auc', name: 'right steps valued above wrong ones', unit: 'AUC' },
    (some) =>
      areaUnderCurve(
        some.flatMap(({ value }) => value),
        some.flatMap((answer) => answer.sound),
      ),
  );
  if (head.at !== 'step') return [area];
  const named = { id: 'value-accuracy', name: 'steps that the value’s sign judges rightly', unit: 'share' };
  const agrees = measure(named, (some) => {
    const hits = some.flatMap((answer) =>
      answer.value.map((x, i) => (x > 0 === (answer.sound[i] === 1) ? 1 : 0)),
    );
    return hits.reduce((sum: number, hit) => sum + hit, 0) / Math.max(1, hits.length);
  });
  return [area, agrees];
};
