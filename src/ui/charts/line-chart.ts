import { html, LitElement, nothing } from 'lit';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { define } from '../element';
import { number, percent } from '../format';
import { chartOptions } from './chart-options';
import type { Figure } from './curves';
import { loadPlot } from './load-plot';

const height = 190;
const closedRows = 60;
const openRows = 1000;
const mostPoints = 4000;

// Charts are drawn one to a task: five at once would hold the page up.
let turn: Promise<unknown> = Promise.resolve();
const inTurn = (draw: () => Promise<void>) => {
  // One that fails is told of and does not hold up the rest.
  turn = turn
    .then(draw)
    .catch(reportError)
    .then(() => new Promise((resolve) => setTimeout(resolve)));
};

/** Every n-th row when there are more than a screen can show; the last one always. */
const thin = (figure: Figure): (number | null)[][] => {
  const stride = Math.ceil(figure.x.length / mostPoints);
  const keep = (_: unknown, i: number) => i % stride === 0 || i === figure.x.length - 1;
  return [figure.x, ...figure.y].map((column) => (stride > 1 ? column.filter(keep) : [...column]));
};

/** The one wrapper of uPlot: a figure with its caption in the margin and its numbers in a table. */
export class LineChart extends LitElement {
  static override properties = {
    figure: { attribute: false },
    stages: { attribute: false },
    open: { state: true },
  };
  declare figure: Figure;
  declare stages: readonly { id: string; x: number }[];
  declare open: boolean;
  #plot: uPlot | undefined;
  #made = '';
  #waiting = false;
  #near = false;
  #resize: ResizeObserver | undefined;
  #sight: IntersectionObserver | undefined;

  constructor() {
    super();
    this.stages = [];
    this.open = false;
  }

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener('themechange', this.#remake);
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#sight = new IntersectionObserver(
      (entries) => {
        this.#near = entries.at(-1)?.isIntersecting ?? false;
        this.#want();
      },
      { rootMargin: '400px' },
    );
    this.#sight.observe(this);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('themechange', this.#remake);
    this.#resize?.disconnect();
    this.#sight?.disconnect();
    this.#drop();
  }

  #drop() {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#made = '';
  }

  #remake = () => {
    this.#drop();
    this.#want();
  };

  /** Asks for a drawing; many askings before it comes are one, and out of sight none. */
  #want() {
    if (this.#waiting || !this.#near) return;
    this.#waiting = true;
    requestAnimationFrame(() =>
      inTurn(async () => {
        this.#waiting = false;
        await this.#draw();
      }),
    );
  }

  get #canvas(): HTMLElement {
    return this.querySelector<HTMLElement>('.plot')!;
  }

  #fit() {
    const width = this.#canvas.clientWidth;
    if (width > 0 && this.#plot && this.#plot.width !== width) this.#plot.setSize({ width, height });
  }

  async #draw() {
    const UPlot = await loadPlot();
    if (!this.isConnected) return;
    const { figure } = this;
    const key = `${figure.id} ${figure.series.map((s) => s.label).join()}`;
    const data = thin(figure) as uPlot.AlignedData;
    if (this.#plot && this.#made === key) {
      this.#plot.setData(data);
      return;
    }
    this.#drop();
    this.#made = key;
    const width = this.#canvas.clientWidth || 600;
    this.#plot = new UPlot(
      chartOptions(this, figure, () => this.stages, { width, height }),
      data,
      this.#canvas,
    );
    this.#resize?.observe(this.#canvas);
  }

  protected override updated() {
    this.#want();
  }

  #table() {
    const { figure } = this;
    const show = (value: number | null | undefined) =>
      value === null || value === undefined ? '–' : figure.shares ? percent(value) : number(value);
    const limit = this.open ? openRows : closedRows;
    const from = Math.max(0, figure.x.length - limit);
    return html`<table data-testid="${figure.id}-table">
      <caption class="visually-hidden">${figure.title}${from > 0 ? `, the last ${limit} rows` : ''}</caption>
      <thead><tr><th scope="col">step</th>${figure.series.map((s) => html`<th scope="col">${s.label}</th>`)}</tr></thead>
      <tbody>${figure.x
        .slice(from)
        .map(
          (x, i) =>
            html`<tr><th scope="row">${x}</th>${figure.y.map((column) => html`<td>${show(column[from + i])}</td>`)}</tr>`,
        )}</tbody>
    </table>`;
  }

  override render() {
    const { figure } = this;
    const show = (value: number | null | undefined) =>
      value === null || value === undefined ? '–' : figure.shares ? percent(value) : number(value);
    return html`<figure class="spread">
      <div class="text">
        <div class="plot" aria-hidden="true"></div>
        <details class="numbers" @toggle=${(e: Event) => {
          this.open = (e.target as HTMLDetailsElement).open;
        }}>
          <summary>Show numbers<span class="visually-hidden"> of ${figure.title}</span></summary>
          <div class="scroll" tabindex="0" role="group" aria-label="Numbers of ${figure.title}">${this.#table()}</div>
        </details>
      </div>
      <figcaption class="note">
        <h3>${figure.title}</h3>
        <dl class="legend">
          ${figure.series.map((s, i) =>
            s.edge
              ? nothing
              : html`<div>
                  <dt><svg width="26" height="8" aria-hidden="true"><line x1="0" x2="26" y1="4" y2="4" stroke="var(${s.color})" stroke-width="2.5" stroke-dasharray=${s.dash?.join(' ') ?? 'none'} /></svg> ${s.label}</dt>
                  <dd>${show(figure.y[i]?.at(-1))}</dd>
                </div>`,
          )}
        </dl>
        <p>${figure.caption}</p>
      </figcaption>
    </figure>`;
  }
}

define('line-chart', LineChart);
