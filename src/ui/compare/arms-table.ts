import { html, nothing, type TemplateResult } from 'lit';
import { measureInterval, measureValue } from '../../train/measure-words';
import type { Measure } from '../../util/measure';
import { pairedDifference } from '../../util/paired';
import { count, number, percent, signed } from '../format';
import { sinceStart } from '../live/since-start';
import { isMoving } from '../state';
import { armKey, countedOf, type ShownArm, told } from './panels';

const last = <T>(rows: readonly T[]): T | undefined => rows.at(-1);

/** A row of the table: what it is, and its cell of an arm. */
type TableRow = readonly [what: string, cell: (arm: ShownArm) => unknown];

/** What the arms' world measures beside accuracy, a row each. */
const measureRows = (arms: readonly ShownArm[]): TableRow[] => {
  const of = (arm: ShownArm): readonly Measure[] => last(told(arm))?.evaluation.measures ?? [];
  const names = new Map(arms.flatMap((arm) => of(arm).map(({ id, name }) => [id, name] as const)));
  return [...names].map(([id, name]) => [
    name,
    (arm) => {
      const found = of(arm).find((measure) => measure.id === id);
      return found
        ? html`<span data-testid="compare-${id}-${arm.letter}" data-value=${found.value}>${measureValue(found)}</span> <span class="quiet">${measureInterval(found)}</span>`
        : '–';
    },
  ]);
};

const tableRows = (arms: readonly ShownArm[], first: ShownArm): TableRow[] => {
  const now = (arm: ShownArm) => last(told(arm))?.evaluation;
  const since = (arm: ShownArm) => last(sinceStart(arm.probes));
  const bare = (value: number | undefined) => (value === undefined ? '–' : signed(value, 2));
  const apart = new Set(arms.map(({ evaluations }) => last(evaluations)?.x)).size > 1;
  // While they train, one is measured after the other.
  const waits = apart && arms.some(({ status }) => isMoving(status.phase));
  const paired = (arm: ShownArm) => {
    if (arm === first) return '–';
    const found = pairedDifference(now(first)?.solved ?? '', now(arm)?.solved ?? '');
    if (!found || waits) return '–';
    const { difference, interval, gained, lost } = found;
    return html`<strong data-testid="compare-paired-${arm.letter}" data-difference=${difference}>${signed(100 * difference, 1)}</strong>
      <span class="quiet">${gained + lost === 0 ? '(the same are solved)' : `(${signed(100 * interval[0], 1)} to ${signed(100 * interval[1], 1)})`}</span>`;
  };
  return [
    ...(apart && !waits
      ? [['measured at step', (arm: ShownArm) => count(last(arm.evaluations)?.x ?? 0)] satisfies TableRow]
      : []),
    [
      `${countedOf(first).counted}, of ${count(now(first)?.problems ?? 0)}`,
      (arm) => {
        const e = now(arm);
        return e
          ? html`<strong>${percent(e.accuracy)}</strong> <span class="quiet">${percent(e.interval[0])} to ${percent(e.interval[1])}</span>`
          : '–';
      },
    ],
    ...(arms.some((arm) => now(arm)?.solved)
      ? ([['points beside A, the same problems', paired]] satisfies TableRow[])
      : []),
    [
      'best on the way',
      (arm) => {
        const best = told(arm).sort((a, b) => b.evaluation.accuracy - a.evaluation.accuracy)[0];
        return best ? `${percent(best.evaluation.accuracy)} at step ${count(best.x)}` : '–';
      },
    ],
    ['chosen since the start, nats', (arm) => bare(since(arm)?.chosen.median)],
    ['rejected since the start, nats', (arm) => bare(since(arm)?.rejected.median)],
    ...((now(first)?.kind ?? 'answers') === 'answers'
      ? ([['tokens an answer', (arm) => number(now(arm)?.meanTokens)]] satisfies TableRow[])
      : []),
    ...measureRows(arms),
    ...(arms.some(({ status: { took } }) => took)
      ? ([
          [
            'seconds in its steps',
            ({ status: { took } }) => (took ? number(Number(took.seconds.toPrecision(3))) : '–'),
          ],
          ['tokens through its steps', ({ status: { took } }) => (took ? count(took.tokens) : '–')],
        ] satisfies TableRow[])
      : []),
  ];
};

/** The numbers of now, with paired differences from the first arm; where it is narrow, a table an arm. */
export const tablePanel = (arms: readonly ShownArm[], width = 640): TemplateResult | typeof nothing => {
  const [first] = arms;
  if (!first || arms.every(({ evaluations }) => evaluations.length === 0)) return nothing;
  const rows = tableRows(arms, first);
  if (width < 480) {
    return html`<div data-testid="compare-table">${arms.map(
      (arm) => html`<table class="compare-table is-narrow"><caption>${armKey(arm)}</caption>
        <tbody>${rows.map(([what, cell]) => html`<tr><th scope="row">${what}</th><td>${cell(arm)}</td></tr>`)}</tbody></table>`,
    )}</div>`;
  }
  return html`<div class="scroll-x" tabindex="0" role="group" aria-label="The arms in numbers"><table class="compare-table" data-testid="compare-table">
    <thead><tr><td></td>${arms.map((arm) => html`<th scope="col">${armKey(arm)}</th>`)}</tr></thead>
    <tbody>${rows.map(([what, cell]) => html`<tr><th scope="row">${what}</th>${arms.map((arm) => html`<td>${cell(arm)}</td>`)}</tr>`)}</tbody></table></div>`;
};
