import { html, nothing, svg } from 'lit';
import { define } from '../element';
import { count, number, signed } from '../format';
import { type LengthPoint, lengthFit } from './length-data';
import { LiveView, liveFigure, ticks } from './live-view';

const room = { left: 48, right: 12, top: 8, bottom: 36 };
const height = 220;

/** Implicit reward over length: is it length that is rewarded? */
export class LengthReward extends LiveView {
  static override properties = { ...LiveView.properties, points: { attribute: false } };
  declare points: readonly LengthPoint[];

  constructor() {
    super();
    this.points = [];
  }

  #drawing(sentence: string) {
    const { width, points } = this;
    const fit = lengthFit(points);
    const [tokens, nats] = [points.map((p) => p.tokens), points.map((p) => p.nats)];
    const [left, right] = [Math.min(...tokens) - 1, Math.max(...tokens) + 1];
    const [low, high] = [Math.min(-0.5, ...nats), Math.max(0.5, ...nats)];
    const across = (n: number) =>
      room.left + ((n - left) / (right - left)) * (width - room.left - room.right);
    const up = (y: number) =>
      height - room.bottom - ((y - low) / (high - low)) * (height - room.top - room.bottom);
    // A dot is a line without length: one path a side, however many answers there are.
    const dots = (side: LengthPoint['side']) =>
      points.flatMap((p) =>
        p.side === side ? [`M${across(p.tokens).toFixed(1)} ${up(p.nats).toFixed(1)}h0`] : [],
      );
    const crosses = points.flatMap((p) => {
      const [x, y] = [across(p.tokens), up(p.nats)];
      return p.side === 'rejected' ? [`M${(x - 3).toFixed(1)} ${(y - 3).toFixed(1)}l6 6m0 -6l-6 6`] : [];
    });
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const line = (n: number) => mean(nats) + (fit?.slope ?? 0) * (n - mean(tokens));
    const clamp = (y: number) => Math.min(height - room.bottom, Math.max(room.top, up(y)));
    return html`<svg class="live-drawing" viewBox="0 0 ${width} ${height}" role="img" aria-label=${sentence}>
      ${ticks(low, high).map((y) => svg`<path class="grid" d="M${room.left} ${up(y)}H${width - room.right}" /><text class="axis" text-anchor="end" x=${room.left - 6} y=${up(y) + 4}>${y === 0 ? '0' : signed(y, Math.abs(y) < 1 ? 1 : 0)}</text>`)}
      ${ticks(left, right, width < 420 ? 4 : 8).map((n) => svg`<text class="axis" text-anchor="middle" x=${across(n)} y=${height - 20}>${number(n)}</text>`)}
      <text class="axis" text-anchor="middle" x=${(room.left + width - room.right) / 2} y=${height - 4}>tokens of the answer</text>
      ${fit ? svg`<path class="fit" d="M${across(left)} ${clamp(line(left))}L${across(right)} ${clamp(line(right))}" />` : nothing}
      <path class="dots" d=${dots('chosen').join('')} />
      <path class="crosses" d=${crosses.join('')} />
    </svg>
    <p class="small-legend" aria-hidden="true">
      <span><svg viewBox="0 0 14 12" width="14" height="12" class="live-key"><path class="dots" d="M7 6h0" /></svg> chosen</span>
      <span><svg viewBox="0 0 14 12" width="14" height="12" class="live-key"><path class="crosses" d="M4 3l6 6m0 -6l-6 6" /></svg> rejected</span></p>`;
  }

  override render() {
    const { points } = this;
    if (points.length === 0) return nothing;
    const fit = lengthFit(points);
    const sentence = fit
      ? `Of ${count(points.length)} answers, length and what they gained since the start go together at ${signed(fit.rank, 2)} (correlation of ranks); a token more goes with ${signed(fit.slope, 3)} nats.`
      : `All ${count(points.length)} answers are equally long, or none has moved: there is nothing to go together.`;
    return liveFigure({
      id: 'length',
      title: 'Length against reward, in nats since the start',
      sentence,
      drawing: this.#drawing(sentence),
      head: ['tokens', 'answer', 'nats since the start'],
      rows: [...points]
        .sort((a, b) => a.tokens - b.tokens)
        .map(({ tokens, side, nats }) => [count(tokens), side, signed(nats, 2)]),
    });
  }
}

define('length-reward', LengthReward);
