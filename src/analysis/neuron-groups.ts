/**
 * Which neurons write a property less after training than before, and by what move.
 *
 *   c  cosine of a neuron's value vector v and the probe's direction W
 *   m  its mean activation, before and after                             d = m_before - m_after
 *   contribution to the fall of the projection on W: d (v . W) / |W|                                        (1)
 *   TP-  c > 0, m >= 0, d > 0   writes it, and less so
 *   TN+  c > 0, m < 0,  d > 0   writes against it by a negative activation, and more so
 *   AP+  c < 0, m >= 0, d < 0   writes against it, and more so
 *   AN-  c < 0, m < 0,  d < 0   writes it by a negative activation, and less so
 *   all others move the wrong way, or not at all
 *
 * Source: Yang, Wang, Sondej, Mayne and Mahdi 2024 (v1); Yushi-Y/dpo-toxic-neurons, figures/group_neurons_gpt2.ipynb.
 */

export const groupNames = ['TP-', 'AN-', 'TN+', 'AP+'] as const;
export type GroupName = (typeof groupNames)[number];

export interface Neuron {
  layer: number;
  index: number;
  /** Of its value vector with the direction. */
  cosine: number;
  /** (v . W) / |W|. */
  along: number;
  before: number;
  after: number;
}

/** (1): positive where the neuron lowers the projection. */
export const contributionOf = ({ along, before, after }: Neuron): number => (before - after) * along;

export const groupOf = ({ cosine, before, after }: Neuron): GroupName | undefined => {
  const fall = before - after;
  if (cosine > 0 && fall > 0) return before >= 0 ? 'TP-' : 'TN+';
  if (cosine < 0 && fall < 0) return before >= 0 ? 'AP+' : 'AN-';
  return undefined;
};

export interface Shift {
  /** Of all contributions that lower the projection: each group's part, and how many neurons it has. */
  groups: Record<GroupName, { share: number; neurons: number }>;
  /** Sum of the contributions that lower it, and of those that raise it (negative). */
  gross: number;
  raised: number;
  /** Share of the neurons that move the wrong way. */
  wrongWay: number;
  /** Projection of all neurons before, and after. */
  before: number;
  after: number;
}

export const shiftOf = (neurons: readonly Neuron[]): Shift => {
  const groups = Object.fromEntries(
    groupNames.map((name) => [name, { share: 0, neurons: 0 }]),
  ) as Shift['groups'];
  let [gross, raised, wrong, before, after] = [0, 0, 0, 0, 0];
  for (const neuron of neurons) {
    const contribution = contributionOf(neuron);
    before += neuron.before * neuron.along;
    after += neuron.after * neuron.along;
    const group = groupOf(neuron);
    if (group) {
      groups[group].share += contribution;
      groups[group].neurons++;
      gross += contribution;
    } else if (contribution < 0) {
      raised += contribution;
      wrong++;
    }
  }
  for (const name of groupNames) groups[name].share = gross === 0 ? 0 : groups[name].share / gross;
  return {
    groups,
    gross,
    raised,
    wrongWay: neurons.length === 0 ? 0 : wrong / neurons.length,
    before,
    after,
  };
};

/** Neurons whose value vectors point most along the direction, the nearest first. */
export const byCosine = (neurons: readonly Neuron[]): Neuron[] =>
  [...neurons].sort((a, b) => b.cosine - a.cosine);

/** Part of the fall that the first neurons make up, largest contribution first: 0, then after one neuron, after two, ... */
export const cumulativeFall = (neurons: readonly Neuron[]): number[] => {
  const falls = neurons
    .map(contributionOf)
    .filter((c) => c > 0)
    .sort((a, b) => b - a);
  const sum = falls.reduce((a, b) => a + b, 0);
  let so = 0;
  return [
    0,
    ...falls.map((c) => {
      so += c;
      return sum === 0 ? 0 : so / sum;
    }),
  ];
};
