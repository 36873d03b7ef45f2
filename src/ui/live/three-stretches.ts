import { html, nothing, svg } from 'lit';
import { define } from '../element';
import { percent, signed } from '../format';
import { LiveView, liveFigure, ticks } from './live-view';
import type { SinceStart } from './since-start';

/** Changes of a log-prob in nats, in the mean over the pairs. */
export interface StretchRow {
  label: string;
  stretches: readonly [before: number, parting: number, after: number];
}

/** What became of one side of the pairs since the start, stretch by stretch. */
export const stretchesOf = (
  { changes }: Pick<SinceStart, 'changes'>,
  side: 'chosen' | 'rejected',
): StretchRow['stretches'] => {
  const mean = (i: 0 | 1 | 2) =>
    changes.reduce((sum, change) => sum + change[side].stretches[i], 0) / changes.length;
  return [mean(0), mean(1), mean(2)];
};

export const stretchNames = ['before they part', 'at the parting', 'after it'] as const;

const room = { left: 84, right: 12, top: 6, bottom: 22 };
const step = 44;

/** Where answers lost or gained: a bar an answer, in three stretches. */
export class ThreeStretches extends LiveView {
  static override properties = { ...LiveView.properties, rows: { attribute: false } };
  declare rows: readonly StretchRow[];

  constructor() {
    super();
    this.rows = [];
  }

  #drawing(sentence: string) {
    const { width, rows } = this;
    const sums = rows.map(({ stretches }) => ({
      down: stretches.reduce((sum, x) => sum + Math.min(0, x), 0),
      up: stretches.reduce((sum, x) => sum + Math.max(0, x), 0),
    }));
    const low = Math.min(-0.5, ...sums.map(({ down }) => down));
    const high = Math.max(0.5, ...sums.map(({ up }) => up));
    const across = (nats: number) =>
      room.left + ((nats - low) / (high - low)) * (width - room.left - room.right);
    const height = room.top + room.bottom + rows.length * step;
    return html`<svg class="live-drawing" viewBox="0 0 ${width} ${height}" role="img" aria-label=${sentence}>
      ${ticks(low, high, width < 420 ? 3 : 6).map(
        (nats) => svg`<path class="grid" d="M${across(nats)} ${room.top}V${height - room.bottom}" />
          <text class="axis" text-anchor="middle" x=${across(nats)} y=${height - 6}>${nats === 0 ? '0' : signed(nats, Math.abs(nats) < 1 ? 1 : 0)}</text>`,
      )}
      ${rows.map(({ label, stretches }, r) => {
        const y = room.top + r * step + 8;
        // Each sign grows away from zero, the first stretch next to it.
        const ends = { up: 0, down: 0 };
        return svg`<text class="row-name" x="0" y=${y + 17}>${label}</text>
          ${stretches.map((nats, i) => {
            const sign = nats < 0 ? 'down' : 'up';
            const from = ends[sign];
            ends[sign] += nats;
            const [a, b] = [across(Math.min(from, from + nats)), across(Math.max(from, from + nats))];
            return svg`<rect class="stretch-${i}" x=${a.toFixed(1)} y=${y} width=${Math.max(0, b - a).toFixed(1)} height="26" />
              ${b - a > 40 ? svg`<text class="in-bar stretch-word-${i}" text-anchor="middle" x=${((a + b) / 2).toFixed(1)} y=${y + 17}>${signed(nats, 1)}</text>` : nothing}`;
          })}`;
      })}
      <path class="zero" d="M${across(0)} ${room.top}V${height - room.bottom}" />
    </svg>
    <p class="small-legend" aria-hidden="true">${stretchNames.map((name, i) => html`<span><svg viewBox="0 0 14 12" width="14" height="12" class="live-key"><rect class="stretch-${i}" width="14" height="12" /></svg> ${name}</span>`)}</p>`;
  }

  override render() {
    const { rows } = this;
    if (rows.length === 0) return nothing;
    const sentence = rows
      .map(({ label, stretches }) => {
        const [before, parting, after] = stretches.map((x) => signed(x, 1));
        const all = stretches[0] + stretches[1] + stretches[2];
        const moved = stretches.map(Math.abs);
        const share = moved[1]! / (moved[0]! + moved[1]! + moved[2]! || 1);
        return `${label}: ${signed(all, 1)} nats; ${before} before the answers part, ${parting} at the token where they do (${percent(share, 0)} of what moved), ${after} after it.`;
      })
      .join(' ');
    return liveFigure({
      id: 'stretches',
      title: 'Where it was lost and gained, in nats since the start',
      sentence,
      drawing: this.#drawing(sentence),
      head: ['answer', ...stretchNames, 'all'],
      rows: rows.map(({ label, stretches }) => [
        label,
        ...stretches.map((x) => signed(x, 2)),
        signed(stretches[0] + stretches[1] + stretches[2], 2),
      ]),
    });
  }
}

define('three-stretches', ThreeStretches);
