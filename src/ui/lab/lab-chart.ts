import { html, nothing, svg } from 'lit';
import type { LabChart as Chart, LabSeries } from '../../lab/lab';
import { define } from '../element';
import { number } from '../format';
import { LiveView } from '../live/live-view';
import { scaleOf } from './chart-scale';

const [widest, height] = [640, 280];
const edge = { left: 58, right: 12, top: 12, bottom: 40 };

/** Told apart by colour and by dash. */
const looks = [
  { color: '--link', dash: '' },
  { color: '--rubric', dash: '7 4' },
  { color: '--right', dash: '2 3' },
  { color: '--ink', dash: '10 3 2 3' },
  { color: '--down-ink', dash: '1 4' },
  { color: '--up-ink', dash: '12 5' },
];
const quiet = { color: '--ink-quiet', dash: '3 3' };

const lookOf = (series: readonly LabSeries[], index: number) =>
  series[index]!.theory
    ? quiet
    : looks[series.slice(0, index).filter(({ theory }) => !theory).length % looks.length]!;

/** Numbers of a chart row by row: each x once, with what every series has there. */
export const rowsOf = ({ series }: Chart): { x: number; cells: string[] }[] => {
  const all = [...new Set(series.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const places = series.map(({ x }) => new Map(x.map((value, i) => [value, i])));
  return all.map((x) => ({
    x,
    cells: series.map(({ y, low, high }, k) => {
      const i = places[k]!.get(x);
      const value = i === undefined ? null : y[i];
      if (i === undefined || value === null || value === undefined) return '–';
      return low && high ? `${number(value)} (${number(low[i]!)} to ${number(high[i]!)})` : number(value);
    }),
  }));
};

/** A chart of the lab: lines and dots with their intervals, a sentence of what it shows, and its numbers. */
export class LabChart extends LiveView {
  static override properties = { ...LiveView.properties, chart: { attribute: false } };
  declare chart: Chart;

  #picture() {
    const { series, log = false, xAxis, yAxis, title, sentence } = this.chart;
    const width = Math.min(widest, this.width);
    const finite = (values: readonly (number | null)[]) =>
      values.filter((v): v is number => v !== null && Number.isFinite(v));
    const x = scaleOf(
      series.flatMap((s) => finite(s.x)),
      [edge.left, width - edge.right],
      { most: width < 480 ? 4 : 7 },
    );
    const y = scaleOf(
      series.flatMap((s) => [...finite(s.y), ...(s.low ?? []), ...(s.high ?? [])]),
      [height - edge.bottom, edge.top],
      { log, most: 5, room: 0.04 },
    );
    const shown = (v: number | null | undefined): v is number =>
      v !== null && v !== undefined && (!log || v > 0);
    const point = (px: number, py: number) => `${x.at(px).toFixed(1)},${y.at(py).toFixed(1)}`;
    const line = (s: LabSeries) =>
      s.x.flatMap((at, i) => (shown(s.y[i]) ? [point(at, s.y[i])] : [])).join(' ');
    const band = ({ x: xs, low, high }: LabSeries) =>
      [
        ...xs.flatMap((at, i) => (shown(high![i]) ? [point(at, high![i]!)] : [])),
        ...xs.flatMap((at, i) => (shown(low![i]) ? [point(at, low![i]!)] : [])).reverse(),
      ].join(' ');
    return svg`<svg class="lab-picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. ${sentence}">
      ${y.marks.map(
        (
          mark,
        ) => svg`<line class="lab-grid" x1=${edge.left} x2=${width - edge.right} y1=${y.at(mark)} y2=${y.at(mark)} />
          <text class="lab-mark" x=${edge.left - 6} y=${y.at(mark) + 4} text-anchor="end">${number(mark)}</text>`,
      )}
      ${x.marks.map(
        (
          mark,
        ) => svg`<line class="lab-tick" x1=${x.at(mark)} x2=${x.at(mark)} y1=${height - edge.bottom} y2=${height - edge.bottom + 5} />
          <text class="lab-mark" x=${x.at(mark)} y=${height - edge.bottom + 18} text-anchor="middle">${number(mark)}</text>`,
      )}
      <line class="lab-axis" x1=${edge.left} x2=${width - edge.right} y1=${height - edge.bottom} y2=${height - edge.bottom} />
      <text class="lab-mark" x=${(edge.left + width - edge.right) / 2} y=${height - 4} text-anchor="middle">${xAxis}</text>
      <text class="lab-mark" transform="translate(13 ${(edge.top + height - edge.bottom) / 2}) rotate(-90)" text-anchor="middle">${yAxis}</text>
      ${series.map((s, i) => {
        const { color, dash } = lookOf(series, i);
        const colour = `var(${color})`;
        return svg`${s.low && s.high ? svg`<polygon points=${band(s)} fill=${colour} opacity="0.14" />` : nothing}
          ${
            s.points
              ? s.x.map((at, k) =>
                  shown(s.y[k])
                    ? svg`<circle cx=${x.at(at)} cy=${y.at(s.y[k])} r="2.6" fill=${i % 2 ? 'none' : colour} stroke=${colour} stroke-width="1.2" />`
                    : nothing,
                )
              : svg`<polyline points=${line(s)} fill="none" stroke=${colour} stroke-width=${s.theory ? 1.2 : 2} stroke-dasharray=${dash || 'none'} stroke-linejoin="round" />`
          }`;
      })}
    </svg>`;
  }

  #legend() {
    const { series } = this.chart;
    return html`<ul class="lab-legend">${series.map((s, i) => {
      const { color, dash } = lookOf(series, i);
      return html`<li><svg width="26" height="8" aria-hidden="true">${
        s.points
          ? svg`<circle cx="13" cy="4" r="2.6" fill=${i % 2 ? 'none' : `var(${color})`} stroke="var(${color})" />`
          : svg`<line x1="0" x2="26" y1="4" y2="4" stroke="var(${color})" stroke-width=${s.theory ? 1.2 : 2} stroke-dasharray=${dash || 'none'} />`
      }</svg> ${s.label}${s.theory ? ' (theory)' : ''}</li>`;
    })}</ul>`;
  }

  override render() {
    const { chart } = this;
    return html`<figure class="lab-figure">
      <figcaption><h3>${chart.title}</h3></figcaption>
      ${this.#picture()}
      ${this.#legend()}
      <p class="lab-sentence">${chart.sentence}</p>
      <details class="numbers"><summary>Show numbers<span class="visually-hidden"> of ${chart.title}</span></summary>
        <div class="scroll" tabindex="0" role="group" aria-label="Numbers of ${chart.title}">
          <table data-testid="lab-${chart.id}-table"><caption class="visually-hidden">${chart.title}</caption>
            <thead><tr><th scope="col">${chart.xAxis}</th>${chart.series.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead>
            <tbody>${rowsOf(chart).map(({ x, cells }) => html`<tr><th scope="row">${number(x)}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
          </table></div>
      </details>
    </figure>`;
  }
}

define('lab-chart', LabChart);
