import { nothing } from 'lit';
import { define } from '../element';
import { count, signed } from '../format';
import { LiveView, liveFigure } from './live-view';
import type { SinceStart } from './since-start';
import { type SmallLine, smallChart } from './small-chart';

const sides = [
  { side: 'chosen', color: '--right', dash: '6 3' },
  { side: 'rejected', color: '--rubric', dash: '2 3' },
] as const;

/** What chosen and rejected answers' log-probs have become: the median and the band of eight in ten pairs, one pair picked out. */
export class SinceStartView extends LiveView {
  static override properties = {
    ...LiveView.properties,
    rows: { attribute: false },
    pair: { attribute: false },
    steps: { attribute: false },
  };
  /** Of one pass, from its first probe on. */
  declare rows: readonly SinceStart[];
  /** Index among the pairs of the probe; -1 for none. */
  declare pair: number;
  /** The whole width, in steps; as far as the rows go when 0. */
  declare steps: number;

  constructor() {
    super();
    this.rows = [];
    this.pair = -1;
    this.steps = 0;
  }

  #lines(): SmallLine[] {
    const { rows, pair } = this;
    const medians = sides.map(
      ({ side, color, dash }): SmallLine => ({
        label: `${side}, the middle pair`,
        color,
        dash,
        points: rows.map((row) => [row.x, row[side].median] as const),
        band: rows.map((row) => [row.x, row[side].low, row[side].high] as const),
      }),
    );
    if (!rows.at(-1)?.changes[pair]) return medians;
    const picked = sides.map(
      ({ side, color }): SmallLine => ({
        label: `${side}, pair ${count(pair + 1)}`,
        color,
        marks: true,
        points: rows.map((row) => [row.x, row.changes[pair]?.[side].all ?? null] as const),
      }),
    );
    return [...medians, ...picked];
  }

  override render() {
    const { rows, pair, width } = this;
    const last = rows.at(-1);
    if (!last || rows.length < 2) return nothing;
    const lines = this.#lines();
    const edges = lines.flatMap(({ points, band = [] }) => [
      ...points.flatMap(([, y]) => (y === null ? [] : [y])),
      ...band.flatMap(([, low, high]) => [low, high]),
    ]);
    const one = last.changes[pair];
    const sentence = `At step ${count(last.x)}, of ${count(last.changes.length)} pairs, the middle one’s chosen answer has moved by ${signed(last.chosen.median, 1)} nats since the start, its rejected one by ${signed(last.rejected.median, 1)}; eight in ten lie within the bands.${one ? ` Pair ${count(pair + 1)}: ${signed(one.chosen.all, 1)} and ${signed(one.rejected.all, 1)}.` : ''}`;
    return liveFigure({
      id: 'since-start',
      title: 'Since the start, in nats',
      sentence,
      drawing: smallChart({
        title: '',
        sentence,
        lines,
        steps: Math.max(this.steps, last.x),
        y: [Math.min(-0.5, ...edges), Math.max(0.5, ...edges)],
        format: (value) => signed(value, 1),
        ground: 0,
        size: [width, 190],
      }),
      head: [
        'step',
        'chosen, middle',
        'one in ten below',
        'one in ten above',
        'rejected, middle',
        'one in ten below',
        'one in ten above',
      ],
      rows: rows.map(({ x, chosen, rejected }) => [
        count(x),
        ...[chosen, rejected].flatMap(({ median, low, high }) =>
          [median, low, high].map((value) => signed(value, 2)),
        ),
      ]),
    });
  }
}

define('since-start-view', SinceStartView);
