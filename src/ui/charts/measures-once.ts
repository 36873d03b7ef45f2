import { html, nothing } from 'lit';
import type { Measure } from '../../../workers/protocol';
import { measureInterval, measureValue } from '../../train/measure-words';

const titled = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1)}`;

/** What was measured at the end alone, where a chart would have one dot. */
export const measuresOnce = (measures: readonly Measure[]) =>
  measures.length === 0
    ? nothing
    : html`<div class="measures-once"><h3>Measured at the end</h3>
        <table data-testid="measures-once"><thead><tr><th scope="col">On held-out problems</th><th scope="col">now</th><th scope="col">95 % interval</th></tr></thead>
        <tbody>${measures.map((measure) => html`<tr><th scope="row">${titled(measure.name)}</th><td>${measureValue(measure)}</td><td>${measureInterval(measure)}</td></tr>`)}</tbody></table></div>`;
