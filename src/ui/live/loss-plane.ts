import { html, nothing, svg } from 'lit';
import { define } from '../element';
import { count, number, signed } from '../format';
import { above, contour } from './contours';
import { clearOf, type Label, movedApart } from './label-places';
import { LiveView, liveFigure, ticks } from './live-view';
import { levelsOf, lossAt, type Plane } from './pair-questions';

/** The course of a run over the plane: what became of chosen and rejected answers, in nats since the start. */
export interface PlanePath {
  label: string;
  /** Custom property that holds its colour. */
  color: string;
  dash?: string;
  points: readonly { step: number; chosen: number; rejected: number }[];
}

const room = { left: 50, right: 62, top: 12, bottom: 38 };

/**
 * Chosen against rejected, with lines of equal loss: what a loss can see, and where a run went. With `ring` a point can be moved
 * over it (pointer, or arrows: one nat, with Shift ten); fires `move` with { chosen, rejected, loss }.
 */
export class LossPlane extends LiveView {
  static override properties = {
    ...LiveView.properties,
    plane: { attribute: false },
    paths: { attribute: false },
    ring: { attribute: false },
    method: {},
    since: {},
  };
  declare plane: Plane | undefined;
  declare paths: readonly PlanePath[];
  declare ring: readonly [chosen: number, rejected: number] | undefined;
  /** Its name. */
  declare method: string;
  /** What the moves are counted from. */
  declare since: string;

  constructor() {
    super();
    this.plane = undefined;
    this.paths = [];
    this.ring = undefined;
    this.method = 'The loss';
    this.since = 'the start';
  }

  get #height() {
    return Math.min(420, Math.max(260, Math.round(this.width * 0.62)));
  }

  #scales({ chosen, rejected }: Plane) {
    const [left, right, low, high] = [chosen[0]!, chosen.at(-1)!, rejected[0]!, rejected.at(-1)!];
    const inner = {
      width: this.width - room.left - room.right,
      height: this.#height - room.top - room.bottom,
    };
    return {
      left,
      right,
      low,
      high,
      across: (c: number) => room.left + ((c - left) / (right - left)) * inner.width,
      up: (r: number) => this.#height - room.bottom - ((r - low) / (high - low)) * inner.height,
      at: (x: number, y: number): [number, number] => [
        left + ((x - room.left) / inner.width) * (right - left),
        low + ((this.#height - room.bottom - y) / inner.height) * (high - low),
      ],
    };
  }

  #drawing(plane: Plane, sentence: string) {
    const { width, paths } = this;
    const height = this.#height;
    const { left, right, low, high, across, up } = this.#scales(plane);
    const levels = levelsOf(plane);
    const regions = levels.map((level) =>
      above(plane.chosen, plane.rejected, plane.loss, level)
        .map(
          (polygon) =>
            `M${polygon.map(([c, r]) => `${across(c).toFixed(1)} ${up(r).toFixed(1)}`).join('L')}Z`,
        )
        .join(''),
    );
    const lines = levels.map((level) => {
      const segments = contour(plane.chosen, plane.rejected, plane.loss, level);
      // Named at its right-most end.
      const ends = segments.flatMap(([x1, y1, x2, y2]) => [[x1, y1] as const, [x2, y2] as const]);
      const end = ends.reduce<readonly [number, number] | undefined>(
        (best, point) => (best === undefined || point[0] > best[0] ? point : best),
        undefined,
      );
      const text = number(Number(level.toPrecision(2)));
      return { segments, name: end && { text, x: across(end[0]) + 5, y: up(end[1]) + 4 } };
    });
    const head: Label = { text: 'loss', x: width - 2, y: room.top - 1, end: true };
    const levelNames = clearOf(
      lines.flatMap(({ name }) => name ?? []),
      [head],
    );
    const courses = paths.flatMap(({ color, label, points }) => {
      const last = points.at(-1);
      if (!last) return [];
      const end = across(last.chosen) > width / 2;
      const text = `${paths.length > 1 ? `${label}, ` : ''}step ${count(last.step)}`;
      return [{ color, text, end, x: across(last.chosen) + (end ? -7 : 7), y: up(last.rejected) + 4 }];
    });
    const courseNames = movedApart(courses, room.top + 8, height - room.bottom - 4);
    return html`<svg class="live-drawing" viewBox="0 0 ${width} ${height}" role="img" aria-label=${sentence}>
      ${regions.map((d) => svg`<path class="region" d=${d} />`)}
      ${lines.map(({ segments }) => svg`<path class="level" d=${segments.map(([x1, y1, x2, y2]) => `M${across(x1).toFixed(1)} ${up(y1).toFixed(1)}L${across(x2).toFixed(1)} ${up(y2).toFixed(1)}`).join('')} />`)}
      ${levelNames.map(({ text, x, y }) => svg`<text class="axis" x=${x} y=${y}>${text}</text>`)}
      <text class="axis" text-anchor="end" x=${head.x} y=${head.y}>${head.text}</text>
      ${left < 0 && right > 0 ? svg`<path class="zero" d="M${across(0)} ${room.top}V${height - room.bottom}" />` : nothing}
      ${low < 0 && high > 0 ? svg`<path class="zero" d="M${room.left} ${up(0)}H${width - room.right}" />` : nothing}
      ${ticks(left, right, width < 420 ? 3 : 6).map((c) => svg`<text class="axis" text-anchor="middle" x=${across(c)} y=${height - room.bottom + 15}>${c === 0 ? '0' : signed(c, Math.abs(c) < 1 ? 1 : 0)}</text>`)}
      ${ticks(low, high, 6).map((r) => svg`<text class="axis" text-anchor="end" x=${room.left - 5} y=${up(r) + 4}>${r === 0 ? '0' : signed(r, Math.abs(r) < 1 ? 1 : 0)}</text>`)}
      <text class="axis" text-anchor="middle" x=${(room.left + width - room.right) / 2} y=${height - 6}>chosen since ${this.since}, nats</text>
      <text class="axis" text-anchor="middle" transform="translate(11 ${(room.top + height - room.bottom) / 2}) rotate(-90)">rejected, nats</text>
      ${paths.map(
        ({ color, dash, points }) =>
          svg`<path class="course" style="stroke: var(${color})" stroke-dasharray=${dash ?? nothing} d="M${points.map((p) => `${across(p.chosen).toFixed(1)} ${up(p.rejected).toFixed(1)}`).join('L')}" />
          ${points.slice(1).map((p) => svg`<circle r="2.6" style="fill: var(${color})" cx=${across(p.chosen).toFixed(1)} cy=${up(p.rejected).toFixed(1)} />`)}`,
      )}
      ${courseNames.map(({ color, text, end, x, y }) => svg`<text class="course-name" style="fill: var(${color})" text-anchor=${end ? 'end' : 'start'} x=${x} y=${y}>${text}</text>`)}
    </svg>`;
  }

  #moveTo(chosen: number, rejected: number) {
    const { plane } = this;
    if (!plane) return;
    const { left, right, low, high } = this.#scales(plane);
    const [c, r] = [Math.min(right, Math.max(left, chosen)), Math.min(high, Math.max(low, rejected))];
    this.ring = [c, r];
    const detail = { chosen: c, rejected: r, loss: lossAt(plane, c, r) };
    this.dispatchEvent(new CustomEvent('move', { detail, bubbles: true }));
  }

  #key(event: KeyboardEvent) {
    if (!this.ring || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? 10 : 1;
    const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[
      event.key
    ];
    if (!move) return;
    event.preventDefault();
    this.#moveTo(this.ring[0] + move[0]!, this.ring[1] + move[1]!);
  }

  #drag(event: PointerEvent) {
    const { plane } = this;
    const area = this.querySelector('.plane-area')?.getBoundingClientRect();
    if (!plane || !area || !(event.target as Element).hasPointerCapture(event.pointerId)) return;
    this.#moveTo(...this.#scales(plane).at(event.clientX - area.left, event.clientY - area.top));
  }

  #ring(plane: Plane, [chosen, rejected]: readonly [number, number]) {
    const { across, up } = this.#scales(plane);
    const loss = lossAt(plane, chosen, rejected);
    return html`<button type="button" class="plane-ring" data-testid="plane-ring" style="left: ${across(chosen)}px; top: ${up(rejected)}px"
      aria-label="A point of the plane: chosen ${signed(chosen, 1)}, rejected ${signed(rejected, 1)} nats, loss ${number(loss)}. Arrows move it."
      @keydown=${(e: KeyboardEvent) => this.#key(e)}
      @pointerdown=${(e: PointerEvent) => (e.target as Element).setPointerCapture(e.pointerId)}
      @pointermove=${(e: PointerEvent) => this.#drag(e)}></button>`;
  }

  override render() {
    const { plane, paths, ring, method } = this;
    if (!plane) return nothing;
    const sentence = `Along a line the loss is the same: that is all ${method} sees of the two answers. ${paths
      .flatMap(({ label, points }) => {
        const end = points.at(-1);
        if (!end) return [];
        const loss = lossAt(plane, end.chosen, end.rejected);
        return [
          `${label}: chosen ${signed(end.chosen, 1)}, rejected ${signed(end.rejected, 1)} nats at step ${count(end.step)}${loss === undefined ? '' : `, where the loss of a pair is ${number(Number(loss.toPrecision(3)))}`}.`,
        ];
      })
      .join(' ')}`;
    return liveFigure({
      id: 'plane',
      title: 'The plane: what the loss can see',
      sentence,
      drawing: html`<div class="plane-area">${this.#drawing(plane, sentence)}${ring ? this.#ring(plane, ring) : nothing}</div>`,
      head: ['run', 'step', 'chosen, nats', 'rejected, nats', 'loss of a pair'],
      rows: paths.flatMap(({ label, points }) =>
        points.map(({ step, chosen, rejected }) => [
          label,
          count(step),
          signed(chosen, 2),
          signed(rejected, 2),
          number(lossAt(plane, chosen, rejected)),
        ]),
      ),
    });
  }
}

define('loss-plane', LossPlane);
