import { html, nothing, svg } from 'lit';
import { visible } from '../credit/explain';
import { define } from '../element';
import { count, percent } from '../format';
import { left, right } from '../icons';
import type { ProbePoint } from '../state';
import { LiveView, liveFigure, ticks } from './live-view';
import { apart } from './small-chart';
import { type Band, mostDisplaced, partedPairs, type WhoGotIt, whoGotIt } from './who-got-it-data';

/** A probability, with more digits where it is small. */
export const chance = (p: number): string =>
  p === 0 ? percent(0, 0) : p < 1e-4 ? '<\u202f0.01\u202f%' : percent(p, p < 0.001 ? 2 : 1);

const roles = { chosen: 'chosen', rejected: 'rejected', gained: 'in neither', rest: '' } as const;

const nameOf = ({ role, text }: Pick<Band, 'role' | 'text'>): string =>
  role === 'rest' ? 'all others' : `${text}, ${roles[role]}`;

const room = { left: 44, right: 146, top: 8, bottom: 22 };
const height = 210;

/** Probabilities of the next token where two answers part, over the steps: who got what the pair moved. */
export class WhoGotItView extends LiveView {
  static override properties = {
    ...LiveView.properties,
    probes: { attribute: false },
    pair: { attribute: false },
  };
  declare probes: readonly ProbePoint[];
  /** Index among the pairs of the probe; -1 takes the one of which a token in neither answer gained most. Fires `pick` with another. */
  declare pair: number;

  constructor() {
    super();
    this.probes = [];
    this.pair = -1;
  }

  #pick(by: number, shown: number) {
    const pairs = partedPairs(this.probes);
    const at = (pairs.indexOf(shown) + by + pairs.length) % pairs.length;
    this.pair = pairs[at]!;
    this.dispatchEvent(new CustomEvent('pick', { detail: this.pair, bubbles: true }));
  }

  #drawing({ x, bands }: WhoGotIt, sentence: string) {
    const { width } = this;
    const last = Math.max(1, x.at(-1) ?? 1);
    const across = (step: number) => room.left + (step / last) * (width - room.left - room.right);
    const up = (p: number) => height - room.bottom - p * (height - room.top - room.bottom);
    let floor = x.map(() => 0);
    const areas = bands.map((band, b) => {
      const roof = floor.map((low, i) => Math.min(1, low + band.p[i]!));
      const shape = { band, floor, roof, gained: b - 2 };
      floor = roof;
      return shape;
    });
    const at = (i: number, p: number) => `${across(x[i]!).toFixed(1)} ${up(p).toFixed(1)}`;
    const end = x.length - 1;
    const named = areas.filter(({ band }) => band.role !== 'rest' || band.p[end]! > 0.02);
    const labels = apart(
      named.map((area) => up((area.floor[end]! + area.roof[end]!) / 2)),
      14,
      room.top + 6,
      height - room.bottom - 2,
    );
    return html`<svg class="live-drawing" viewBox="0 0 ${width} ${height}" role="img" aria-label=${sentence}>
      ${areas.map(
        ({
          band,
          floor,
          roof,
          gained,
        }) => svg`<path class="band ${band.role} ${band.role === 'gained' ? `gained-${gained}` : ''}"
          d="M${roof.map((p, i) => at(i, p)).join('L')}L${floor
            .map((p, i) => at(i, p))
            .reverse()
            .join('L')}Z" />`,
      )}
      ${[0, 0.5, 1].map((p) => svg`<text class="axis" text-anchor="end" x=${room.left - 6} y=${up(p) + 4}>${percent(p, 0)}</text>`)}
      ${ticks(0, last).map((step) => svg`<text class="axis" text-anchor="middle" x=${across(step)} y=${height - 6}>${step}</text>`)}
      ${named.map(({ band }, i) => svg`<text class="band-name ${band.role}" x=${width - room.right + 8} y=${labels[i]! + 4}>${nameOf(band)} ${chance(band.p[end]!)}</text>`)}
    </svg>`;
  }

  override render() {
    const shown = this.pair >= 0 ? this.pair : mostDisplaced(this.probes);
    const found = shown < 0 ? undefined : whoGotIt(this.probes, shown);
    if (!found) return nothing;
    const { after, x, bands, leaders } = found;
    const end = x.length - 1;
    const [lead, first] = [leaders[end]!, leaders[0]!];
    const led = leaders.map(({ role }) => role).lastIndexOf('chosen');
    const passed = led >= 0 && led < end ? ` The chosen token led until step ${count(x[led]!)}.` : '';
    const ended = `At step ${count(x[end]!)} the likeliest is ${lead.text} (${roles[lead.role]}) with ${chance(lead.p)}`;
    const began = end > 0 ? `; at step ${count(x[0]!)} it was ${first.text} with ${chance(first.p)}` : '';
    const sentence = `After “${visible(after)}” the chosen answer goes on with ${bands[0]!.text}, the rejected one with ${bands[1]!.text}. ${ended}${began}.${passed}`;
    const pairs = partedPairs(this.probes);
    return liveFigure({
      id: 'who-got-it',
      title: 'Who got it: the next token where the answers part',
      sentence,
      ...(pairs.length > 1 && {
        controls: html`<p class="live-pick"><button type="button" class="quiet-button" aria-label="The pair before" @click=${() => this.#pick(-1, shown)}>${left()}</button>
          pair ${count(pairs.indexOf(shown) + 1)} of ${count(pairs.length)}
          <button type="button" class="quiet-button" aria-label="The pair after" @click=${() => this.#pick(1, shown)}>${right()}</button></p>`,
      }),
      drawing: this.#drawing(found, sentence),
      head: ['step', ...bands.map(nameOf)],
      rows: x.map((step, i) => [count(step), ...bands.map(({ p }) => chance(p[i]!))]),
    });
  }
}

define('who-got-it', WhoGotItView);
