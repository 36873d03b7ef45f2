import { html, nothing, svg } from 'lit';
import type { VerdictId } from '../../studies/core/verdict';
import { rangeInWords, signed } from '../../studies/core/words';

/** Where zero lies, of a width of 340: the same in every row, so that one line goes down the page. */
const width = 340;
const zero = 110;
const middle = 34;
const ownHeight = 78;
const otherHeight = 36;

export interface Effect {
  /** First arm less second. */
  effect?: number | undefined;
  interval?: [number, number] | undefined;
}

/** What another base model gave, drawn on a line of its own below. */
export interface OtherEffect extends Effect {
  verdict: VerdictId;
  model: string;
}

interface Scale {
  direction: 'more' | 'less';
  interest: number;
  unit: string;
  digits: number;
}

const inWords = ({ effect, interval }: Effect, { unit, digits }: Scale): string =>
  `${signed(effect!, digits)} ${unit}${interval ? `, interval ${rangeInWords(interval, digits)}` : ''}`;

/**
 * An effect and its interval on a line whose right side is "as the paper says", whatever the unit; a short mark stands where a
 * difference begins to matter.
 * @param own what the reader's own runs gave, drawn hollow
 * @param others what further base models gave, on the same scale
 */
export const effectPlot = (
  found: Effect,
  scale: Scale,
  { own, others = [] }: { own?: Effect | undefined; others?: readonly OtherEffect[] } = {},
) => {
  const { direction, interest, unit, digits } = scale;
  const side = direction === 'more' ? 1 : -1;
  const known = others.filter((other) => other.effect !== undefined);
  const all = [found, ...(own ? [own] : []), ...known].flatMap(({ effect, interval }) =>
    effect === undefined ? [] : [effect, ...(interval ?? [])],
  );
  const ends = [...all.map((x) => x * side), 1.15 * interest];
  const most = Math.max(...ends);
  const least = Math.min(0, ...ends);
  const perUnit = Math.min(
    (width - 40 - zero) / most,
    least < 0 ? (zero - 12) / -least : Number.POSITIVE_INFINITY,
  );
  const at = (x: number) => zero + x * side * perUnit;
  const inside = (x: number, half: number) => Math.min(width - half, Math.max(half, x));
  const drawn = ({ effect, interval }: Effect, y: number, hollow: boolean) => {
    if (effect === undefined) return nothing;
    const x = at(effect);
    const [a, b] = interval ? [at(interval[0]), at(interval[1])] : [x, x];
    return svg`${interval ? svg`<line class="effect-range ${hollow ? 'is-own' : ''}" x1=${Math.min(a, b)} x2=${Math.max(a, b)} y1=${y} y2=${y} />` : nothing}
      <circle class="effect-dot ${hollow ? 'is-own' : ''}" cx=${x} cy=${y} r=${hollow ? 4.5 : 5.5} />`;
  };
  const { effect, interval } = found;
  const label =
    effect === undefined
      ? 'No effect is known yet.'
      : [
          inWords(found, scale),
          ...(own?.effect === undefined ? [] : [`here ${inWords(own, scale)}`]),
          ...known.map((other) => `on ${other.model} ${inWords(other, scale)}`),
        ].join('; ');
  const height = ownHeight + known.length * otherHeight;
  const below = (other: OtherEffect, i: number) => {
    const y = ownHeight + i * otherHeight + 6;
    const { effect: size, interval: ends, model, verdict } = other;
    const words = `${signed(size!, digits)}${ends ? ` (${rangeInWords(ends, digits)})` : ''} on ${model}`;
    return svg`<g class="v-${verdict}">${drawn(other, y, false)}
      <text class="effect-end" x=${inside(at(size!), 4 + words.length * 2.9)} y=${y + 20} text-anchor="middle">${words}</text></g>`;
  };
  return html`<svg class="effect" viewBox="0 0 ${width} ${height}" role="img" aria-label=${label}>
    <line class="effect-axis" x1="8" x2=${width - 8} y1=${middle} y2=${middle} />
    <line class="effect-interest" x1=${at(interest * side)} x2=${at(interest * side)} y1=${middle - 5} y2=${middle + 5} />
    ${drawn(found, middle, false)}
    ${own ? drawn(own, middle + 12, true) : nothing}
    ${
      effect === undefined
        ? nothing
        : svg`<text class="effect-label" x=${inside(at(effect), 48)} y="18" text-anchor="middle">${signed(effect, digits)}${unit && ` ${unit}`}</text>
          ${interval ? svg`<text class="effect-end" x=${inside((at(interval[0]) + at(interval[1])) / 2, 60)} y="66" text-anchor="middle">${rangeInWords(interval, digits)}</text>` : nothing}`
    }
    ${known.map(below)}
  </svg>`;
};
