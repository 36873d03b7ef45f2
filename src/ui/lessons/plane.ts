import { html, nothing, svg, type TemplateResult } from 'lit';
import { lossAt } from '../../lessons/dpo-loss';
import type { View } from '../../lessons/lesson';
import { signed } from '../format';
import { sinceStart } from '../live/since-start';
import type { Sight } from './views';

const [width, height] = [520, 360];
const edge = { left: 52, right: 96, top: 12, bottom: 40 };
const betaOfRuns = 0.1;

interface Style {
  color: string;
  dash?: string;
}

/** Levels of the loss that are drawn as lines. */
const levels = [0.69, 0.31, 0.13, 0.05, 0.02];

/** Differences in nats at which DPO's loss is each of the levels. */
const differenceAt = (loss: number) => -Math.log(Math.expm1(loss)) / betaOfRuns;

/** Chosen against rejected since the start: lines of equal loss, the ways of runs, and the reader's ring. */
export const planeView = (
  view: Extract<View, { view: 'plane' }>,
  sight: Sight,
  styleOf: (name: string) => Style,
): TemplateResult | typeof nothing => {
  const [ringX, ringY] = view.ring ?? [];
  const ring = ringX && ringY ? ([sight.set[ringX] ?? 0, sight.set[ringY] ?? 0] as const) : undefined;
  const paths = view.runs.flatMap(([name, label]) => {
    const rows = sinceStart(sight.growing[name]?.[0]?.probes ?? []);
    return rows.length > 1
      ? [{ name, label, points: rows.map((r) => [r.chosen.median, r.rejected.median] as const) }]
      : [];
  });
  const all = [...paths.flatMap(({ points }) => points), ...(ring ? [ring] : []), [5, 5], [-30, -60]];
  const low = (i: 0 | 1) => Math.min(...all.map((p) => p[i]!));
  const high = (i: 0 | 1) => Math.max(...all.map((p) => p[i]!));
  const x = (value: number) =>
    edge.left + ((value - low(0)) / (high(0) - low(0))) * (width - edge.left - edge.right);
  const y = (value: number) =>
    height - edge.bottom - ((value - low(1)) / (high(1) - low(1))) * (height - edge.top - edge.bottom);
  const clip = { x0: x(low(0)), x1: x(high(0)), y0: y(high(1)), y1: y(low(1)) };
  const line = (difference: number) => {
    // chosen - rejected = difference, within the frame.
    const [a, b] = [Math.max(low(0), low(1) + difference), Math.min(high(0), high(1) + difference)];
    return a < b ? { a: [a, a - difference] as const, b: [b, b - difference] as const } : undefined;
  };
  const at = ([a, b]: readonly [number, number]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`;
  const ticks = (from: number, to: number) =>
    [-60, -40, -20, 0].filter((value) => value >= from && value <= to);
  const place = ([a, b]: readonly [number, number]) =>
    `preferred ${signed(a, 1)}, rejected ${signed(b, 1)} nats, loss ${lossAt(a, b, betaOfRuns).toFixed(3)}`;
  const sentence = [
    ...paths.map(({ label, points }) => `${label} ends at ${place(points.at(-1)!)}`),
    ...(ring ? [`the ring is at ${place(ring)}`] : []),
  ].join('; ');
  return html`<figure class="lesson-plane"><figcaption>${view.title}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${view.title}. ${sentence || 'No run yet'}.">
      <rect class="frame" x=${clip.x0} y=${clip.y0} width=${clip.x1 - clip.x0} height=${clip.y1 - clip.y0} />
      ${levels.map((loss) => {
        const ends = line(differenceAt(loss));
        return ends
          ? svg`<path class="level" d="M${at(ends.a)}L${at(ends.b)}" /><text class="axis" x=${x(ends.b[0]) + 5} y=${y(ends.b[1]) + 4}>${loss}</text>`
          : nothing;
      })}
      ${ticks(low(0), high(0)).map((value) => svg`<text class="axis" text-anchor="middle" x=${x(value)} y=${height - edge.bottom + 15}>${signed(value, 0)}</text>`)}
      ${ticks(low(1), high(1)).map((value) => svg`<text class="axis" text-anchor="end" x=${edge.left - 5} y=${y(value) + 4}>${signed(value, 0)}</text>`)}
      <text class="axis" x=${edge.left} y=${height - 6}>preferred answer since the start, nats</text>
      <text class="axis" transform="translate(12 ${height - edge.bottom}) rotate(-90)">rejected answer, nats</text>
      <text class="axis" x=${width - edge.right + 40} y=${edge.top + 10}>loss</text>
      ${paths.map(({ name, label, points }) => {
        const { color, dash } = styleOf(name);
        const [endX, endY] = points.at(-1)!;
        return svg`<path class="small-line" style="stroke: var(${color})" stroke-dasharray=${dash ?? nothing} d="M${points.map(at).join('L')}" />
          ${points.map((p) => svg`<circle r="2.4" cx=${x(p[0])} cy=${y(p[1])} style="fill: var(${color})" />`)}
          <text class="small-label" style="fill: var(${color})" x=${x(endX) + 7} y=${y(endY) + 4}>${label}</text>`;
      })}
      ${ring ? svg`<circle class="ring" r="7" cx=${x(ring[0])} cy=${y(ring[1])} /><circle class="ring-dot" r="2" cx=${x(ring[0])} cy=${y(ring[1])} />` : nothing}
    </svg></figure>`;
};
