import { html, nothing, svg } from 'lit';
import { signed } from '../../studies/core/words';

/** Where zero lies, of a width of 340: the same in every row, so that one line goes down the page. */
const width = 340;
const zero = 110;
const middle = 34;

export interface Effect {
  /** First arm less second. */
  effect?: number | undefined;
  interval?: [number, number] | undefined;
}

interface Scale {
  direction: 'more' | 'less';
  interest: number;
  unit: string;
  digits: number;
}

const inWords = ({ effect, interval }: Effect, { unit, digits }: Scale): string =>
  `${signed(effect!, digits)} ${unit}${interval ? `, interval ${interval.map((end) => signed(end, digits)).join(' to ')}` : ''}`;

/**
 * An effect and its interval on a line whose right side is "as the paper says", whatever the unit; a short mark stands where a
 * difference begins to matter.
 * @param own what the reader's own runs gave, drawn hollow
 */
export const effectPlot = (found: Effect, scale: Scale, own?: Effect) => {
  const { direction, interest, unit, digits } = scale;
  const side = direction === 'more' ? 1 : -1;
  const all = [found, ...(own ? [own] : [])].flatMap(({ effect, interval }) =>
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
      : `${inWords(found, scale)}${own?.effect === undefined ? '' : `; here ${inWords(own, scale)}`}`;
  return html`<svg class="effect" viewBox="0 0 ${width} 78" role="img" aria-label=${label}>
    <line class="effect-axis" x1="8" x2=${width - 8} y1=${middle} y2=${middle} />
    <line class="effect-interest" x1=${at(interest * side)} x2=${at(interest * side)} y1=${middle - 5} y2=${middle + 5} />
    ${drawn(found, middle, false)}
    ${own ? drawn(own, middle + 12, true) : nothing}
    ${
      effect === undefined
        ? nothing
        : svg`<text class="effect-label" x=${inside(at(effect), 48)} y="18" text-anchor="middle">${signed(effect, digits)}${unit && ` ${unit}`}</text>
          ${interval ? svg`<text class="effect-end" x=${inside((at(interval[0]) + at(interval[1])) / 2, 60)} y="66" text-anchor="middle">${interval.map((end) => signed(end, digits)).join(' to ')}</text>` : nothing}`
    }
  </svg>`;
};
