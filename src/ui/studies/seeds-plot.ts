import { html, nothing, svg } from 'lit';
import { armValue, type StoredRun } from '../../studies/core/stored';
import type { Study } from '../../studies/core/study';

const width = 640;
const [from, to] = [150, width - 24];
const rowHeight = 44;
const radius = 8;
const laneHeight = 2 * radius + 1;

/** Round numbers from the smallest to the largest, about six. */
const gridOf = (low: number, high: number): number[] => {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough)!;
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, i) =>
    Number((first + i * step).toPrecision(6)),
  );
};

/** Lanes for dots in a row, in the order of `xs`: 0 where there is room, else the first in which no other is nearer than `gap`. */
export const lanesOf = (xs: readonly number[], gap: number): number[] => {
  const lanes = xs.map(() => 0);
  const taken: number[][] = [];
  for (const [x, i] of xs.map((x, i) => [x, i] as const).sort((a, b) => a[0] - b[0])) {
    let lane = 0;
    while (taken[lane]?.some((other) => Math.abs(other - x) < gap)) lane++;
    taken[lane] = [...(taken[lane] ?? []), x];
    lanes[i] = lane;
  }
  return lanes;
};

/**
 * Both arms of every seed as two dots with a line between them.
 * @param own the reader's runs, hollow
 * @param table where the same numbers stand
 */
export const seedsPlot = (
  study: Study,
  runs: readonly StoredRun[],
  own: readonly StoredRun[] = [],
  table = 'the table below',
) => {
  const { measure, arms } = study;
  const seedsIn = (list: readonly StoredRun[]) =>
    [...new Set(list.map(({ seed }) => seed))].sort((a, b) => a - b);
  const pairs = [
    ...seedsIn(runs).map((seed) => ({ seed, list: runs, hollow: false })),
    ...seedsIn(own).map((seed) => ({ seed, list: own, hollow: true })),
  ].flatMap(({ seed, list, hollow }) => {
    const values = arms.map(({ id }) => armValue(list, id, seed, measure));
    return values.every((v) => v !== undefined) ? [{ seed, hollow, values: values as number[] }] : [];
  });
  if (pairs.length === 0) return nothing;
  const all = pairs.flatMap(({ values }) => values);
  const pad = 0.06 * (Math.max(...all) - Math.min(...all) || Math.abs(all[0]!) || 1);
  const [low, high] = [Math.min(...all) - pad, Math.max(...all) + pad];
  const at = (value: number) => from + ((value - low) / (high - low)) * (to - from);
  const few = pairs.length <= 12;
  // Dots with a number make way for each other: those of the first arm upwards, of the second downwards.
  const lanes = arms.map((_, arm) =>
    lanesOf(
      pairs.map(({ values }) => at(values[arm]!)),
      few ? 2 * radius + 1 : 0,
    ),
  );
  const [above, below] = lanes.map((own) => laneHeight * Math.max(...own)) as [number, number];
  const row = (arm: number) => 26 + above + arm * rowHeight;
  const y = (arm: number, pair: number) => row(arm) + (arm === 0 ? -1 : 1) * laneHeight * lanes[arm]![pair]!;
  const height = row(arms.length - 1) + below + 44;
  return html`<svg class="seeds-plot" viewBox="0 0 ${width} ${height}" role="img"
    aria-label="${measure.name} by seed; ${table} has the numbers.">
    ${gridOf(low, high).map(
      (value) => svg`<line class="seeds-grid" x1=${at(value)} x2=${at(value)} y1="10" y2=${height - 24} />
        <text class="effect-end" x=${at(value)} y=${height - 8} text-anchor="middle">${value}</text>`,
    )}
    ${arms.map(({ label }, i) => svg`<text class="seeds-arm" x="0" y=${row(i) + 4}>${label.length > 22 ? `${label.slice(0, 21)}…` : label}</text>`)}
    ${pairs.map(({ values, hollow }, k) => svg`<line class="seeds-link ${hollow ? 'is-own' : ''}" x1=${at(values[0]!)} y1=${y(0, k)} x2=${at(values[1]!)} y2=${y(1, k)} />`)}
    ${pairs.map(({ seed, values, hollow }, k) =>
      values.map(
        (
          value,
          i,
        ) => svg`<circle class="seeds-dot ${hollow ? 'is-own' : ''}" cx=${at(value)} cy=${y(i, k)} r=${few ? radius : 4} />
          ${few ? svg`<text class="seeds-number" x=${at(value)} y=${y(i, k) + 3.5} text-anchor="middle">${seed}</text>` : nothing}`,
      ),
    )}
  </svg>`;
};
