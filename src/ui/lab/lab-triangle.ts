import { html, LitElement, nothing, svg } from 'lit';
import type { LabTriangle as Triangle } from '../../lab/lab';
import { define } from '../element';
import { number, percent } from '../format';

const [width, height] = [400, 360];
/** Of the first, second and third action. */
const corners = [
  [200, 30],
  [30, 324],
  [370, 324],
] as const;
const longest = 22;
/** A share that the start keeps of every action. */
const least = 0.002;

type Shares = readonly number[];

const place = (shares: Shares): [number, number] => [
  corners.reduce((sum, [x], k) => sum + x * shares[k]!, 0),
  corners.reduce((sum, [, y], k) => sum + y * shares[k]!, 0),
];

/** Shares that each keep a little and add up to 1. */
export const within = (shares: Shares): number[] => {
  const kept = shares.map((p) => Math.max(least, Number.isFinite(p) ? p : least));
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((p) => Number((p / sum).toFixed(4)));
};

/** The shares of a point of the picture. */
const sharesAt = (x: number, y: number): number[] => {
  const [[ax, ay], [bx, by], [cx, cy]] = corners;
  const area = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy);
  const a = ((by - cy) * (x - cx) + (cx - bx) * (y - cy)) / area;
  const b = ((cy - ay) * (x - cx) + (ax - cx) * (y - cy)) / area;
  return within([a, b, 1 - a - b]);
};

/** What an arrow key adds: up and down to the first action, sideways from the second to the third. */
const moves: Record<string, readonly [number, number, number]> = {
  ArrowUp: [1, -0.5, -0.5],
  ArrowDown: [-1, 0.5, 0.5],
  ArrowLeft: [0, 1, -1],
  ArrowRight: [0, -1, 1],
};

/**
 * Three actions as a triangle: the flow as arrows, a path from the start to where it ends. The start can be dragged, or moved
 * by arrow keys; fires `start` with the new shares.
 */
export class LabTriangle extends LitElement {
  static override properties = { triangle: { attribute: false }, start: { attribute: false } };
  declare triangle: Triangle;
  /** Shares of the start, which may be ahead of the path. */
  declare start: Shares;
  #dragging = false;

  protected override createRenderRoot() {
    return this;
  }

  #give(shares: Shares) {
    this.dispatchEvent(new CustomEvent<number[]>('start', { detail: within(shares), bubbles: true }));
  }

  #drag(event: PointerEvent) {
    if (!this.#dragging) return;
    const picture = this.querySelector<SVGSVGElement>('svg.lab-triangle')!;
    const box = picture.getBoundingClientRect();
    const scale = Math.max(width / box.width, height / box.height);
    const x = width / 2 + (event.clientX - box.left - box.width / 2) * scale;
    const y = height / 2 + (event.clientY - box.top - box.height / 2) * scale;
    this.#give(sharesAt(x, y));
  }

  #key(event: KeyboardEvent) {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const by = event.shiftKey ? 0.1 : 0.01;
    this.#give(this.start.map((p, k) => p + by * move[k]!));
  }

  #arrows() {
    const { arrows } = this.triangle;
    const ends = arrows.map(({ at, by }) => {
      const [x, y] = place(at);
      const [dx, dy] = [
        corners.reduce((sum, [cx], k) => sum + cx * by[k]!, 0),
        corners.reduce((sum, [, cy], k) => sum + cy * by[k]!, 0),
      ];
      return { x, y, dx, dy, size: Math.hypot(dx, dy) };
    });
    const most = Math.max(1e-30, ...ends.map(({ size }) => size));
    return ends.map(({ x, y, dx, dy, size }) => {
      if (size / most < 1e-4) return svg`<circle class="lab-still" cx=${x} cy=${y} r="1.5" />`;
      // A root: slow places keep a direction that can be seen.
      const length = 4 + (longest - 4) * Math.sqrt(size / most);
      const [ux, uy] = [dx / size, dy / size];
      const [tx, ty] = [x + ux * length, y + uy * length];
      const head = (side: number) =>
        `${(tx - 4 * ux + side * 2.6 * uy).toFixed(1)} ${(ty - 4 * uy - side * 2.6 * ux).toFixed(1)}`;
      return svg`<path class="lab-arrow" d="M${x.toFixed(1)} ${y.toFixed(1)}L${tx.toFixed(1)} ${ty.toFixed(1)}M${head(1)}L${tx.toFixed(1)} ${ty.toFixed(1)}L${head(-1)}" />`;
    });
  }

  #words(shares: Shares) {
    return shares.map((p, k) => `${this.triangle.corners[k]} ${percent(p)}`).join(', ');
  }

  override render() {
    const { triangle, start } = this;
    const path = triangle.path.map((shares) =>
      place(shares)
        .map((v) => v.toFixed(1))
        .join(','),
    );
    const [sx, sy] = place(start);
    const end = triangle.path.at(-1);
    const [ex, ey] = end ? place(end) : [0, 0];
    return html`<figure class="lab-figure">
      <figcaption><h3>${triangle.title}</h3></figcaption>
      <svg class="lab-picture lab-triangle" viewBox="0 0 ${width} ${height}"
        @pointermove=${this.#drag}
        @pointerup=${() => {
          this.#dragging = false;
        }}
        @pointercancel=${() => {
          this.#dragging = false;
        }}>
        <g role="img" aria-label="${triangle.title}. ${triangle.sentence}">
          <polygon class="lab-axis" points=${corners.map((corner) => corner.join(',')).join(' ')} fill="none" />
          ${this.#arrows()}
          ${path.length > 1 ? svg`<polyline class="lab-path" points=${path.join(' ')} />` : nothing}
          ${end ? svg`<rect class="lab-end" x=${ex - 4} y=${ey - 4} width="8" height="8" />` : nothing}
          ${corners.map(([x, y], k) => svg`<text class="lab-corner" x=${x} y=${k === 0 ? y - 8 : y + 20} text-anchor="middle">${triangle.corners[k]}</text>`)}
        </g>
        <circle class="lab-start" cx=${sx} cy=${sy} r="12" tabindex="0" role="slider" data-testid="lab-start" aria-label="Start on ${triangle.title}’s triangle"
          aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(100 * start[0]!)} aria-valuetext=${this.#words(start)}
          @keydown=${this.#key}
          @pointerdown=${(event: PointerEvent) => {
            this.#dragging = true;
            (event.currentTarget as Element).closest('svg')!.setPointerCapture(event.pointerId);
          }} />
      </svg>
      <p class="lab-sentence">${triangle.sentence}</p>
      <details class="numbers"><summary>Show numbers<span class="visually-hidden"> of ${triangle.title}</span></summary>
        <div class="scroll" tabindex="0" role="group" aria-label="Numbers of ${triangle.title}">
          <table><caption class="visually-hidden">The path of ${triangle.title}</caption>
            <thead><tr><th scope="col">point</th>${triangle.corners.map((corner) => html`<th scope="col">${corner}</th>`)}</tr></thead>
            <tbody>${triangle.path.map((shares, i) => html`<tr><th scope="row">${i}</th>${shares.map((p) => html`<td>${number(p)}</td>`)}</tr>`)}</tbody>
          </table>
          <table><caption class="visually-hidden">The flow of ${triangle.title}: shares, and their change</caption>
            <thead><tr>${triangle.corners.map((corner) => html`<th scope="col">${corner}</th>`)}${triangle.corners.map((corner) => html`<th scope="col">change of ${corner}</th>`)}</tr></thead>
            <tbody>${triangle.arrows.map(({ at, by }) => html`<tr>${[...at, ...by].map((p) => html`<td>${number(p)}</td>`)}</tr>`)}</tbody>
          </table></div>
      </details>
    </figure>`;
  }
}

define('lab-triangle', LabTriangle);
