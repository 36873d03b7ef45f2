import { html, type TemplateResult } from 'lit';
import { spaced } from '../../lab/maths';
import { lossAt } from '../../lessons/dpo-loss';
import type { View } from '../../lessons/lesson';
import '../live/loss-plane';
import type { PlanePath } from '../live/loss-plane';
import { sinceStart } from '../live/since-start';
import type { Sight } from './views';

const side = 17;
const beta = 0.1;

/** DPO's plane, large enough for the courses and the reader's ring. */
export const planeView = (
  view: Extract<View, { view: 'plane' }>,
  sight: Sight,
  styleOf: (name: string) => { color: string; dash?: string },
): TemplateResult => {
  const [ringX, ringY] = view.ring ?? [];
  const ring = ringX && ringY ? ([sight.set[ringX] ?? 0, sight.set[ringY] ?? 0] as const) : undefined;
  const paths = view.runs.flatMap(([name, label]): PlanePath[] => {
    const rows = sinceStart(sight.growing[name]?.[0]?.probes ?? []);
    const points = rows.map(({ x, chosen, rejected }) => ({
      step: x,
      chosen: chosen.median,
      rejected: rejected.median,
    }));
    return points.length > 1 ? [{ label, ...styleOf(name), points }] : [];
  });
  const all = paths.flatMap(({ points }) => points);
  const low = (of: 'chosen' | 'rejected', least: number) => Math.min(least, ...all.map((p) => p[of] - 2));
  const chosen = spaced(low('chosen', -32), Math.max(5, ...all.map((p) => p.chosen + 2)), side);
  const rejected = spaced(low('rejected', -62), Math.max(5, ...all.map((p) => p.rejected + 2)), side);
  const plane = {
    chosen,
    rejected,
    loss: rejected.map((down) => chosen.map((up) => lossAt(up, down, beta))),
  };
  return html`<loss-plane .plane=${plane} .paths=${paths} .ring=${ring} method="DPO"
    @move=${({ detail }: CustomEvent<{ chosen: number; rejected: number }>) => {
      const half = (value: number) => Math.round(2 * value) / 2;
      if (ringX && ringY) sight.move({ [ringX]: half(detail.chosen), [ringY]: half(detail.rejected) });
    }}></loss-plane>`;
};
