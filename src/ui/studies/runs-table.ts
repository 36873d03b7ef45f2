import { html, nothing } from 'lit';
import { armValue, type StoredRun } from '../../studies/core/stored';
import type { Study } from '../../studies/core/study';
import { signed } from '../../studies/core/words';
import { armAddress } from './addresses';

/** More rows are folded away. */
const many = 12;

/** Both arms of every seed with their difference; each number leads to its run document. */
export const runsTable = (study: Study, runs: readonly StoredRun[], caption: string, testid: string) => {
  const { measure, arms } = study;
  const digits = measure.digits ?? 1;
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  const row = (seed: number) => {
    const [a, b] = arms.map(({ id }) => armValue(runs, id, seed, measure));
    const number = (value: number | undefined, arm: 0 | 1) =>
      html`<td>${value === undefined ? '–' : html`<a href=${armAddress(study, arms[arm], seed)}>${signed(value, digits).replace('+', '')}</a>`}</td>`;
    return html`<tr><th scope="row">${seed}${study.seeds.includes(seed) ? nothing : html` <span class="quiet">further</span>`}</th>
      ${number(a, 0)}${number(b, 1)}<td>${a === undefined || b === undefined ? '–' : signed(a - b, digits)}</td></tr>`;
  };
  const table = html`<div class="scroll-x" tabindex="0" role="group" aria-label=${caption}><table class="study-table" data-testid=${testid}>
    <caption class="visually-hidden">${caption}: ${measure.name}, in ${measure.unit}</caption>
    <thead><tr><th scope="col">seed</th>${arms.map(({ label }) => html`<th scope="col">${label}</th>`)}<th scope="col">difference</th></tr></thead>
    <tbody>${seeds.map(row)}</tbody>
  </table></div>`;
  return seeds.length > many
    ? html`<details><summary>Numbers of ${seeds.length} seeds</summary>${table}</details>`
    : table;
};
