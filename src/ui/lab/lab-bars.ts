import { html, LitElement, nothing } from 'lit';
import type { LabBars as Bars } from '../../lab/lab';
import { define } from '../element';
import { number, percent } from '../format';

/** Amounts as bars with their intervals, each beside its number: the table is the chart. */
export class LabBars extends LitElement {
  static override properties = { bars: { attribute: false } };
  declare bars: Bars;

  protected override createRenderRoot() {
    return this;
  }

  override render() {
    const { title, axis, bars, shares, sentence, id } = this.bars;
    const show = (value: number) => (shares ? percent(value) : number(value));
    const most = shares
      ? Math.max(0.01, ...bars.map(({ value, high = value }) => Math.max(value, high)))
      : Math.max(1e-12, ...bars.map(({ value, high = value }) => Math.max(Math.abs(value), Math.abs(high))));
    const wide = (value: number) => `${((100 * Math.max(0, value)) / most).toFixed(1)}%`;
    const intervals = bars.some(({ low }) => low !== undefined);
    const notes = bars.some(({ note }) => note);
    return html`<figure class="lab-figure">
      <figcaption><h3>${title}</h3></figcaption>
      <div class="scroll-x" tabindex="0" role="group" aria-label=${title}><table class="lab-bars" data-testid="lab-${id}-table">
        <caption class="visually-hidden">${title}. ${sentence}</caption>
        <thead><tr><th scope="col"></th><th scope="col"><span class="visually-hidden">bar</span></th><th scope="col">${axis}</th>${intervals ? html`<th scope="col">95 % interval</th>` : nothing}${notes ? html`<th scope="col"><span class="visually-hidden">note</span></th>` : nothing}</tr></thead>
        <tbody>${bars.map(
          ({ label, value, low, high, note }) => html`<tr><th scope="row">${label}</th>
            <td class="lab-bar" aria-hidden="true"><div style="width:${wide(value)}"></div>${low !== undefined && high !== undefined ? html`<span style="left:${wide(low)};width:calc(${wide(high)} - ${wide(low)})"></span>` : nothing}</td>
            <td>${show(value)}</td>${intervals ? html`<td>${low === undefined || high === undefined ? '–' : `${show(low)} to ${show(high)}`}</td>` : nothing}${notes ? html`<td class="quiet">${note ?? ''}</td>` : nothing}</tr>`,
        )}</tbody>
      </table></div>
    </figure>`;
  }
}

define('lab-bars', LabBars);
