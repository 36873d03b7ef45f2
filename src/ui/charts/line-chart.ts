import { html, LitElement, nothing } from 'lit';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { define } from '../element';
import { number, percent } from '../format';
import { type ChartSource, chartOptions } from './chart-options';
import { brokenColumns, type Figure } from './curves';
import { loadPlot } from './load-plot';

const height = 210;
/** Wider than most papers leave for it: made smaller, the picture is finer. */
const printWidth = 640;
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

/** Loaded with the first chart, which no page has before it trains. */
let library: typeof uPlot | undefined;
const load = async (): Promise<typeof uPlot> => {
  library ??= await loadPlot();
  return library;
};

/** Rows that a key moves the cursor by. */
const moves: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** Every n-th row when there are more than a screen can show; the last one always. */
const thin = (figure: Figure): (number | null)[][] => {
  const columns = brokenColumns(figure);
  const [x, ...y] = columns as [number[], ...(number | null)[][]];
  const stride = Math.ceil(x.length / mostPoints);
  if (stride <= 1) return columns;
  const isBreak = (i: number) => y.every((column) => column[i] === null);
  const keep = (_: unknown, i: number) => i % stride === 0 || i === x.length - 1 || isBreak(i);
  return columns.map((column) => column.filter(keep));
};

/**
 * The one wrapper of uPlot: a figure with its caption in the margin and its numbers in a table. The values of a step are
 * read in the margin, by pointing at it or, with the chart in focus, by the arrow keys.
 */
export class LineChart extends LitElement {
  static override properties = {
    figure: { attribute: false },
    stages: { attribute: false },
    steps: { attribute: false },
    open: { state: true },
    at: { state: true },
  };
  declare figure: Figure;
  declare stages: readonly { id: string; x: number; label?: string }[];
  /** Where the axis of steps ends. */
  declare steps: number;
  declare open: boolean;
  /** Row that is pointed at, among the rows drawn. */
  declare at: number | undefined;
  #rows: (number | null)[][] = [];
  readonly #source: ChartSource = {
    stages: () => this.stages,
    steps: () => this.steps,
    look: (row) => {
      this.at = row === undefined ? undefined : this.#filled(row, 1);
    },
  };
  #plot: uPlot | undefined;
  #made = '';
  #waiting = false;
  #near = false;
  #resize: ResizeObserver | undefined;
  #sight: IntersectionObserver | undefined;

  constructor() {
    super();
    this.stages = [];
    this.steps = 1;
    this.open = false;
    this.at = undefined;
  }

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener('themechange', this.#remake);
    addEventListener('beforeprint', this.#print);
    addEventListener('afterprint', this.#remake);
    void load().catch(() => {}); // told of when it is drawn
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
    removeEventListener('beforeprint', this.#print);
    removeEventListener('afterprint', this.#remake);
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

  /** On paper stands what is out of sight as well, and it must be there before the event is over. */
  #print = () => {
    this.#drop();
    if (library) this.#paint(library, printWidth);
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
    const UPlot = await load();
    if (!this.isConnected) return;
    const { figure } = this;
    const key = `${figure.id} ${figure.series.map((s) => s.label).join()}`;
    if (this.#plot && this.#made === key) {
      this.#plot.setData(this.#rows as uPlot.AlignedData);
      return;
    }
    this.#drop();
    this.#made = key;
    this.#paint(UPlot, this.#canvas.clientWidth || 600);
    this.#resize?.observe(this.#canvas);
  }

  #paint(UPlot: typeof uPlot, width: number) {
    const options = chartOptions(this, this.figure, this.#source, { width, height });
    this.#plot = new UPlot(options, this.#rows as uPlot.AlignedData, this.#canvas);
  }

  protected override willUpdate(changed: Map<string, unknown>) {
    if (!changed.has('figure')) return;
    this.#rows = thin(this.figure);
    if (this.at !== undefined && this.at >= this.#rows[0]!.length) this.at = undefined;
  }

  protected override updated(changed: Map<string, unknown>) {
    if (changed.has('figure') || changed.has('stages') || changed.has('steps')) this.#want();
  }

  /** Puts the cursor at a row; nowhere, without one. */
  #point(row: number | undefined) {
    const plot = this.#plot;
    const x = row === undefined ? undefined : this.#rows[0]?.[row];
    this.at = row;
    const left = plot && typeof x === 'number' ? plot.valToPos(x, 'x') : -10;
    plot?.setCursor({ left, top: left < 0 ? -10 : 1 });
  }

  #key(event: KeyboardEvent) {
    const by = moves[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const last = this.#rows[0]!.length - 1;
    this.#point(this.#filled(Math.min(last, Math.max(0, (this.at ?? last) + by)), Math.sign(by)));
  }

  /** The next row in a direction that has a value; a row without any is where a line breaks. */
  #filled(row: number, by: number): number {
    const [, ...columns] = this.#rows;
    let at = row;
    while (at > 0 && at < columns[0]!.length - 1 && columns.every((column) => column[at] === null)) at += by;
    return at;
  }

  #value(row: number, series: number): string {
    const value = this.#rows[series + 1]?.[row];
    if (value === null || value === undefined) return '–';
    return this.figure.shares ? percent(value) : number(value);
  }

  /** Where a row is. */
  #place(row: number): string {
    const x = this.#rows[0]![row]!;
    const { xAxis } = this.figure;
    return xAxis === undefined ? `step ${x}` : `${number(x)} ${xAxis}`;
  }

  /** The values of a row in a sentence. */
  #told(row: number): string {
    const { series } = this.figure;
    const values = series.flatMap((s, i) => (s.edge ? [] : `${s.label} ${this.#value(row, i)}`));
    return `${this.#place(row)}: ${values.join(', ')}`;
  }

  #table() {
    const { figure } = this;
    const show = (value: number | null | undefined) =>
      value === null || value === undefined ? '–' : figure.shares ? percent(value) : number(value);
    const limit = this.open ? openRows : closedRows;
    const from = Math.max(0, figure.x.length - limit);
    return html`<table data-testid="${figure.id}-table">
      <caption class="visually-hidden">${figure.title}${from > 0 ? `, the last ${limit} rows` : ''}</caption>
      <thead><tr><th scope="col">${figure.xAxis ?? 'step'}</th>${figure.series.map((s) => html`<th scope="col">${s.label}</th>`)}</tr></thead>
      <tbody>${figure.x
        .slice(from)
        .map(
          (x, i) =>
            html`<tr><th scope="row">${figure.xAxis === undefined ? x : number(x)}</th>${figure.y.map((column) => html`<td>${show(column[from + i])}</td>`)}</tr>`,
        )}</tbody>
    </table>`;
  }

  override render() {
    const { figure } = this;
    const [x] = this.#rows as [number[]];
    const row = this.at ?? x.length - 1;
    return html`<figure class="spread">
      <div class="text">
        <div class="plot" data-testid="${figure.id}-chart" tabindex="0" role="slider" aria-orientation="horizontal"
          aria-label="${figure.title}, by ${figure.xAxis ?? 'step'}" aria-valuemin=${x[0]!} aria-valuemax=${x.at(-1)!} aria-valuenow=${x[row]!} aria-valuetext=${this.#told(row)}
          @keydown=${this.#key} @focus=${() => this.#point(row)} @blur=${() => this.#point(undefined)}></div>
        <details class="numbers" @toggle=${(e: Event) => {
          this.open = (e.target as HTMLDetailsElement).open;
        }}>
          <summary>Show numbers<span class="visually-hidden"> of ${figure.title}</span></summary>
          <div class="scroll" tabindex="0" role="group" aria-label="Numbers of ${figure.title}">${this.#table()}</div>
        </details>
      </div>
      <figcaption class="note">
        <h3>${figure.title}</h3>
        <p class="legend-step">at ${this.#place(row)}</p>
        <dl class="legend" data-testid="${figure.id}-values">
          ${figure.series.map((s, i) =>
            s.edge
              ? nothing
              : html`<div>
                  <dt><svg width="26" height="8" aria-hidden="true"><line x1="0" x2="26" y1="4" y2="4" stroke="var(${s.color})" stroke-width="2.5" stroke-dasharray=${s.dash?.join(' ') ?? 'none'} /></svg> ${s.label}</dt>
                  <dd>${this.#value(row, i)}</dd>
                </div>`,
          )}
        </dl>
        <p>${figure.caption}</p>
      </figcaption>
    </figure>`;
  }
}

define('line-chart', LineChart);
