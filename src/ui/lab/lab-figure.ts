import { html, type TemplateResult } from 'lit';
import type { LabFigure, LabTexts } from '../../lab/lab';
import './lab-bars';
import './lab-chart';
import './lab-triangle';

const textsTable = ({ title, columns, rows, sentence, id }: LabTexts) =>
  html`<figure class="lab-figure">
    <figcaption><h3>${title}</h3></figcaption>
    <p class="lab-sentence">${sentence}</p>
    <div class="scroll-x" tabindex="0" role="group" aria-label=${title}><table data-testid="lab-${id}-table">
      <thead><tr><th scope="col">problem</th>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${rows.map(({ prompt, texts }) => html`<tr><th scope="row" class="mini-lines">${prompt}</th>${texts.map((text) => html`<td class="mini-lines">${text}</td>`)}</tr>`)}</tbody>
    </table></div>
  </figure>`;

/** A figure of the lab as the element that draws it. @param start shares that a triangle's start lies at, and what is done when it is moved */
export const labFigure = (
  figure: LabFigure,
  start?: { shares: readonly number[]; move(shares: readonly number[]): void },
): TemplateResult => {
  switch (figure.kind) {
    case 'triangle':
      return html`<lab-triangle .triangle=${figure} .start=${start?.shares ?? figure.path[0]}
        @start=${(e: CustomEvent<number[]>) => start?.move(e.detail)}></lab-triangle>`;
    case 'bars':
      return html`<lab-bars .bars=${figure}></lab-bars>`;
    case 'texts':
      return textsTable(figure);
    default:
      return html`<lab-chart .chart=${figure}></lab-chart>`;
  }
};
