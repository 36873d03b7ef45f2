import { html, LitElement, type nothing, type TemplateResult } from 'lit';
import '../styles/live-views.css';
import { numbersTable } from './numbers-table';

/** Base of the views that take plain data: light DOM, and drawn at the width that they have, so that texts keep their size. */
export abstract class LiveView extends LitElement {
  static override properties: Record<string, object> = { width: { state: true } };
  /** In CSS pixels. */
  declare width: number;
  #resize: ResizeObserver | undefined;

  constructor() {
    super();
    this.width = 640;
  }

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    this.#resize = new ResizeObserver(([entry]) => {
      const width = Math.round(entry?.contentRect.width ?? 0);
      if (width > 0) this.width = Math.max(240, width);
    });
    this.#resize.observe(this);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#resize?.disconnect();
  }
}

export interface LiveFigure {
  /** Test ids: `live-<id>`, `<id>-says`, `<id>-table`. */
  id: string;
  title: string;
  /** What it shows now. */
  sentence: string | TemplateResult;
  drawing: unknown;
  head: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** Between title and drawing. */
  controls?: TemplateResult | typeof nothing;
}

/** A drawing with its sentence, and its numbers behind it. */
export const liveFigure = ({ id, title, sentence, drawing, head, rows, controls }: LiveFigure) => html`
  <figure class="live-figure" data-testid="live-${id}">
    <figcaption>${title}</figcaption>
    ${controls}
    ${drawing}
    <p class="live-says" data-testid="${id}-says">${sentence}</p>
    ${numbersTable(id, title, head, rows)}
  </figure>`;

/** Round values between two ends, about `count` of them. */
export const ticks = (low: number, high: number, count = 4): number[] => {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10);
  const found: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high + 1e-9 * span; k++) found.push(k * step);
  return found;
};
