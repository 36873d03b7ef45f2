import { html, nothing, svg, type TemplateResult } from 'lit';

/** One line of a small chart; several breaks in it are several paths. */
export interface SmallLine {
  label: string;
  /** Custom property that holds its colour. */
  color: string;
  dash?: string;
  /** [x, y]; a null y ends the line there. */
  points: readonly (readonly [number, number | null])[];
  /** Around the line: [x, low, high]. */
  band?: readonly (readonly [number, number, number])[];
  marks?: boolean;
  /** What the last value is known to: a bar beside the end of the line. */
  interval?: readonly [low: number, high: number];
}

export interface SmallChart {
  title: string;
  /** What it shows now, for who does not see it. */
  sentence: string;
  lines: readonly SmallLine[];
  /** The whole width, in steps. */
  steps: number;
  y: readonly [low: number, high: number];
  format(value: number): string;
  size?: readonly [width: number, height: number];
  testid?: string;
  /** A level that is marked, such as zero. */
  ground?: number;
}

const room = { left: 4, right: 58, top: 6, bottom: 4, bar: 8 };

/** Labels at the ends of lines, pushed apart so that none stands on another. */
export const apart = (wanted: readonly number[], gap: number, low: number, high: number): number[] => {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  for (let k = 1; k < order.length; k++) order[k]!.y = Math.max(order[k]!.y, order[k - 1]!.y + gap);
  const over = Math.max(0, (order.at(-1)?.y ?? 0) - high);
  const placed = new Array<number>(wanted.length);
  for (const { y, i } of order) placed[i] = Math.max(low, y - over);
  return placed;
};

/** Lines over the steps of a run, with their values at their ends. Small enough for a margin. */
export const smallChart = (chart: SmallChart): TemplateResult => {
  const [width, height] = chart.size ?? [280, 110];
  const [low, high] = chart.y;
  const span = high - low || 1;
  // Each interval stands in a column of its own, before the values.
  const bars = room.bar * chart.lines.filter(({ interval }) => interval).length;
  const right = room.right + bars;
  const x = (step: number) => room.left + (step / Math.max(1, chart.steps)) * (width - room.left - right);
  const y = (value: number) =>
    height -
    room.bottom -
    ((Math.min(high, Math.max(low, value)) - low) / span) * (height - room.top - room.bottom);
  const at = (step: number, value: number) => `${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
  const path = (points: SmallLine['points']) => {
    let pen = 'M';
    return points
      .map(([step, value]) => {
        if (value === null) {
          pen = 'M';
          return '';
        }
        const piece = `${pen}${at(step, value)}`;
        pen = 'L';
        return piece;
      })
      .join('');
  };
  const ends = chart.lines.map((line) => line.points.filter(([, value]) => value !== null).at(-1));
  const drawn = chart.lines.flatMap((line, i) => (ends[i] ? [{ line, end: ends[i]! }] : []));
  const labels = apart(
    drawn.map(({ end }) => y(end[1]!)),
    13,
    room.top + 4,
    height - room.bottom,
  );
  return html`<figure class="small-chart">
    ${chart.title ? html`<figcaption>${chart.title}</figcaption>` : nothing}
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label=${chart.sentence} data-testid=${chart.testid ?? nothing}>
      <path class="small-ground" d="M${room.left} ${y(chart.ground ?? low).toFixed(1)}H${width - right}" />
      ${chart.lines.map((line) =>
        line.band && line.band.length > 1
          ? svg`<path class="small-band" style="fill: var(${line.color})" d="M${line.band.map(([s, a]) => at(s, a)).join('L')}L${[
              ...line.band,
            ]
              .reverse()
              .map(([s, , b]) => at(s, b))
              .join('L')}Z" />`
          : nothing,
      )}
      ${chart.lines.map(
        (
          line,
        ) => svg`<path class="small-line" style="stroke: var(${line.color})" stroke-dasharray=${line.dash ?? nothing} d=${path(line.points)} />
          ${line.marks ? line.points.map(([s, v]) => (v === null ? nothing : svg`<circle r="2.4" cx=${x(s).toFixed(1)} cy=${y(v).toFixed(1)} style="fill: var(${line.color})" />`)) : nothing}`,
      )}
      ${drawn.map(({ line, end }, i) => {
        if (!line.interval) return nothing;
        const [bottom, top] = line.interval.map((value) => y(value).toFixed(1));
        const column = x(end[0]) + room.bar * (i + 0.75);
        return svg`<path class="small-line" style="stroke: var(${line.color})" d="M${column} ${bottom}V${top}M${column - 2.5} ${bottom}h5M${column - 2.5} ${top}h5" />`;
      })}
      ${drawn.map(({ line, end }, i) => svg`<text class="small-label" style="fill: var(${line.color})" x=${x(end[0]) + 5 + bars} y=${labels[i]! + 3.5}>${chart.format(end[1]!)}</text>`)}
    </svg>
    ${
      chart.lines.length > 1
        ? html`<p class="small-legend" aria-hidden="true">${chart.lines.map(
            (line) =>
              html`<span><svg viewBox="0 0 18 6" width="18" height="6"><path d="M0 3H18" style="stroke: var(${line.color})" stroke-dasharray=${line.dash ?? nothing} class="small-line" /></svg> ${line.label}</span>`,
          )}</p>`
        : nothing
    }
  </figure>`;
};
