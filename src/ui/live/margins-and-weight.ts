import { html, nothing, svg } from 'lit';
import { quantile } from '../../util/quantile';
import { define } from '../element';
import { count, number, percent, signed } from '../format';
import { LiveView, liveFigure, ticks } from './live-view';
import { marginAxis, marginOf, type Pushes } from './pair-questions';
import type { PairChange } from './since-start';

const bins = 24;
const room = { left: 44, right: 56, top: 14, bottom: 34 };
const height = 210;

/** How many pairs have a margin in each of the bins between two ends. */
export const histogramOf = (values: readonly number[], [low, high]: readonly [number, number]): number[] => {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values)
    counts[Math.min(bins - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * bins)))]!++;
  return counts;
};

/** How far the pairs were pushed apart, and how hard the loss still pushes there. */
export class MarginsAndWeight extends LiveView {
  static override properties = {
    ...LiveView.properties,
    changes: { attribute: false },
    pushes: { attribute: false },
    method: {},
  };
  /** The pairs of the newest probe beside the first of the pass. */
  declare changes: readonly PairChange[];
  /** What the method's own loss says, see `pushQuestion`; without it the histogram stands alone. */
  declare pushes: Pushes | undefined;
  /** Its name. */
  declare method: string;

  constructor() {
    super();
    this.changes = [];
    this.pushes = undefined;
    this.method = 'The loss';
  }

  #drawing(counts: readonly number[], [low, high]: readonly [number, number], sentence: string) {
    const { width, pushes } = this;
    const across = (z: number) => room.left + ((z - low) / (high - low)) * (width - room.left - room.right);
    const ground = height - room.bottom;
    const most = Math.max(1, ...counts);
    const bar = (n: number) => (n / most) * (ground - room.top);
    const curve = pushes?.curve ?? [];
    const strongest = Math.max(0, ...curve.map(({ push }) => push));
    const weakest = Math.min(0, ...curve.map(({ push }) => push));
    const span = strongest - weakest || 1;
    const up = (push: number) => ground - ((push - weakest) / span) * (ground - room.top);
    return html`<svg class="live-drawing" viewBox="0 0 ${width} ${height}" role="img" aria-label=${sentence}>
      ${counts.map((n, i) => (n === 0 ? nothing : svg`<rect class="bin" x=${(across(low + (i / bins) * (high - low)) + 0.5).toFixed(1)} y=${(ground - bar(n)).toFixed(1)} width=${((width - room.left - room.right) / bins - 1).toFixed(1)} height=${bar(n).toFixed(1)} />`))}
      <path class="ground" d="M${room.left} ${ground}H${width - room.right}" />
      ${low < 0 && high > 0 ? svg`<path class="zero" d="M${across(0)} ${room.top - 6}V${ground}" />` : nothing}
      ${curve.length > 1 ? svg`<path class="push" d="M${curve.map(({ z, push }) => `${across(z).toFixed(1)} ${up(push).toFixed(1)}`).join('L')}" />` : nothing}
      ${ticks(low, high, width < 420 ? 4 : 7).map((z) => svg`<text class="axis" text-anchor="middle" x=${across(z)} y=${ground + 15}>${z === 0 ? '0' : signed(z, Math.abs(z) < 1 ? 1 : 0)}</text>`)}
      <text class="axis" text-anchor="middle" x=${(room.left + width - room.right) / 2} y=${height - 4}>nats apart since the start</text>
      <text class="axis" text-anchor="end" x=${room.left - 6} y=${room.top + 4}>${count(most)}</text>
      <text class="axis" text-anchor="end" x=${room.left - 6} y=${ground + 1}>pairs</text>
      ${
        curve.length > 1
          ? svg`<text class="axis push-name" x=${width - room.right + 6} y=${room.top + 4}>${number(Number(strongest.toPrecision(2)))}</text>
            <text class="axis push-name" x=${width - room.right + 6} y=${up(0) + 1}>push 0</text>`
          : nothing
      }
    </svg>`;
  }

  override render() {
    const { changes, pushes, method } = this;
    if (changes.length === 0) return nothing;
    const margins = changes.map(marginOf);
    const axis = marginAxis(changes);
    const counts = histogramOf(margins, axis);
    const wrong = margins.filter((z) => z < 0).length;
    const apart = `Half of the ${count(changes.length)} pairs are more than ${signed(quantile(margins, 0.5), 1).replace('+', '')} nats apart since the start; ${wrong === 0 ? 'none has come closer' : `${count(wrong)} moved the wrong way`}.`;
    const still =
      pushes === undefined
        ? ''
        : pushes.share === undefined
          ? ' The line is how hard the loss pushes at each margin.'
          : ` The line is ${method}’s own push at each margin: bars under a high line are still pushed. On all pairs together it is ${percent(Math.max(0, pushes.share), 0)} of what it was at the start.`;
    const sentence = `${apart}${still}`;
    const pushAt = (z: number) =>
      pushes?.curve.reduce((best, point) => (Math.abs(point.z - z) < Math.abs(best.z - z) ? point : best));
    const [low, high] = axis;
    return liveFigure({
      id: 'margins',
      title: 'Margins, and how hard each is pushed',
      sentence,
      drawing: this.#drawing(counts, axis, sentence),
      head: ['nats apart', 'pairs', ...(pushes ? ['push'] : [])],
      rows: counts.map((n, i) => {
        const edge = (k: number) => low + (k / bins) * (high - low);
        const middle = edge(i + 0.5);
        return [
          `${signed(edge(i), 1)} to ${signed(edge(i + 1), 1)}`,
          count(n),
          ...(pushes ? [number(pushAt(middle)?.push)] : []),
        ];
      }),
    });
  }
}

define('margins-and-weight', MarginsAndWeight);
