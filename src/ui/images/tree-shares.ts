/** What the trees of a run on images say together, as figures. */
import type { LabBars } from '../../lab/lab';
import type { PreferenceTree } from '../../tree/tree';
import { wilson } from '../../util/wilson';
import { count, number, percent } from '../format';

const bins = 16;

/** SmPO's factor of each pair, f = g (2 sigmoid(lead) - 1). */
export const factorsOf = (trees: readonly PreferenceTree[], g: number): number[] =>
  trees.map(({ responses, comparisons: [pair] }) => {
    const lead = pair ? responses[pair.chosen]!.score! - responses[pair.rejected]!.score! : 0;
    return g * (2 / (1 + Math.exp(-lead)) - 1);
  });

/** Undefined without a factor. */
export const factorFigure = (factors: readonly number[]): LabBars | undefined => {
  if (factors.length === 0) return undefined;
  const most = Math.max(...factors, 1e-9);
  const least = Math.min(0, ...factors);
  const width = (most - least) / bins;
  const counts = Array.from({ length: bins }, () => 0);
  for (const f of factors) counts[Math.min(bins - 1, Math.floor((f - least) / width))]!++;
  const sorted = [...factors].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return {
    kind: 'bars',
    id: 'factors',
    title: 'How much each pair counts',
    axis: 'pairs',
    bars: counts.map((value, i) => ({
      label: `${number(Number((least + i * width).toFixed(2)))} to ${number(Number((least + (i + 1) * width).toFixed(2)))}`,
      value,
    })),
    sentence: `The factor of ${count(factors.length)} pairs: ${number(at(0.05))} at the lowest twentieth, ${number(at(0.5))} in the middle, ${number(at(0.95))} at the highest twentieth. A tie counts 0 and teaches nothing.`,
  };
};

/** By the time of the state that a winner came from: of how many the push up the slope was kept, because the reward rose. */
export const pushesOf = (trees: readonly PreferenceTree[]): { t: number; pushed: number; of: number }[] => {
  const found = new Map<number, { pushed: number; of: number }>();
  for (const { nodes, responses, comparisons } of trees) {
    const winner = nodes[responses[comparisons[0]?.chosen ?? 0]?.leaf ?? -1];
    const moved = winner?.labels?.['moved'];
    if (winner === undefined || moved === undefined) continue;
    const t = nodes[winner.parent]!.tokens[0]! - 1;
    const own = found.get(t) ?? { pushed: 0, of: 0 };
    found.set(t, { pushed: own.pushed + (moved > 0 ? 1 : 0), of: own.of + 1 });
  }
  return [...found].map(([t, own]) => ({ t, ...own })).sort((a, b) => b.t - a.t);
};

/** Undefined where no winner was pushed. */
export const pushFigure = (pushes: ReturnType<typeof pushesOf>): LabBars | undefined => {
  const [first, last] = [pushes[0], pushes.at(-1)];
  if (!first || !last) return undefined;
  const share = ({ pushed, of }: { pushed: number; of: number }) => pushed / of;
  return {
    kind: 'bars',
    id: 'pushes',
    title: 'How often the push raises the reward',
    axis: 'share of winners',
    shares: true,
    bars: pushes.map((own) => {
      const [low, high] = wilson(own.pushed, own.of);
      return { label: `t = ${own.t}`, value: share(own), low, high, note: `of ${count(own.of)}` };
    }),
    sentence: `Of the winners of this round, ${percent(share(first), 0)} were pushed at t = ${first.t} and ${percent(share(last), 0)} at t = ${last.t}; where the reward would have fallen, the winner stayed as it was.`,
  };
};
