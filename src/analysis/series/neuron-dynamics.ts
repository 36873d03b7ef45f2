import { neuronCard } from '../cards';
import { groupNames } from '../neuron-groups';
import type { ArmResult, Series } from './series';
import { over } from './series';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const range = ({ mean, low, high }: { mean: number; low: number; high: number }) =>
  low === high ? percent(mean) : `${percent(mean)} (${percent(low)} to ${percent(high)})`;

const summarise = (rows: readonly ArmResult[]) => {
  const of = (name: string) => over(rows, 'dpo', name)!;
  const first = rows[0]!.analysis;
  const conditions = Object.keys(first.numbers)
    .filter((name) => name.startsWith('habit/'))
    .map((name) => name.slice('habit/'.length));
  const all = `${groupNames.join(', ')} patched`;
  const ablations = conditions.filter((name) => name.endsWith('ablated'));
  const best = ablations.reduce((a, b) => (of(`habit/${b}`).mean < of(`habit/${a}`).mean ? b : a));
  const fall = of('habit/before').mean - of('habit/after training').mean;
  const part = (name: string) => (of('habit/before').mean - of(`habit/${name}`).mean) / fall;
  const seeds = new Set(rows.map(({ seed }) => seed)).size;
  return {
    says: [
      `Over ${seeds} ${seeds === 1 ? 'seed' : 'seeds'} the habit goes from ${range(of('habit/before'))} to ${range(of('habit/after training'))}.`,
      ...(fall > 0
        ? [
            `The best ablation (${best}) leaves ${range(of(`habit/${best}`))}, ${percent(part(best))} of the fall; all four groups patched leave ${range(of(`habit/${all}`))}, ${percent(part(all))}; TP- alone ${percent(part('TP- patched'))}.`,
            part(all) > part(best)
              ? 'Patching all groups comes nearer to training than any ablation, as the paper says.'
              : 'Patching all groups does not come nearer to training than ablation: the paper’s claim does not show here.',
          ]
        : ['Training did not lower it.']),
      `${range(of('wrong way'))} of the neurons move the wrong way; TP- makes up ${range(of('share/TP-'))} of the gross fall.`,
      `Still solved: before ${range(of('solved/before'))}, ${best} ${range(of(`solved/${best}`))}, all patched ${range(of(`solved/${all}`))}, after training ${range(of('solved/after training'))}.`,
    ],
    figures: [
      {
        kind: 'bars' as const,
        id: 'interventions',
        title: 'The habit under each intervention',
        axis: 'share of answers',
        shares: true as const,
        bars: conditions.map((name) => {
          const { mean, low, high, each } = of(`habit/${name}`);
          return {
            label: name,
            value: mean,
            ...(each.length > 1 && { low, high }),
            note: `${percent(of(`solved/${name}`).mean)} solved`,
          };
        }),
        sentence: `${conditions.map((name) => `${name} ${percent(of(`habit/${name}`).mean)}`).join('; ')}.`,
      },
      {
        kind: 'bars' as const,
        id: 'groups',
        title: 'Who lowers the projection',
        axis: 'share of the gross fall',
        shares: true as const,
        bars: groupNames.map((name) => {
          const { mean, low, high, each } = of(`share/${name}`);
          return {
            label: name,
            value: mean,
            ...(each.length > 1 && { low, high }),
            note: `${of(`neurons/${name}`).mean.toFixed(0)} neurons`,
          };
        }),
        sentence: `${groupNames.map((name) => `${name} ${percent(of(`share/${name}`).mean)}`).join('; ')}.`,
      },
      ...first.figures.filter(({ id }) => id === 'cumulative'),
    ],
  };
};

/** DPO on the world of manners, and what it did to the neurons. */
export const neuronSeries: Series = {
  ...neuronCard,
  analysis: neuronCard.id,
  seeds: 1,
  arms: [
    {
      id: 'dpo',
      label: 'DPO',
      method: 'dpo',
      set: [
        { path: ['data', 'task'], value: 'manners' },
        { path: ['optimizer', 'learningRate'], value: 1e-4 },
      ],
    },
  ],
  summarise,
};
