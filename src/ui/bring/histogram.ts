import { html, svg } from 'lit';
import type { DatasetReport } from '../../data/prepare/report';
import { count, number } from '../format';

type Histogram = DatasetReport['lengths']['prompt'];

const width = 240;
const height = 72;

/** Lengths in tokens as bars, each from one power of two to the next; the numbers are in the table beneath. */
export const histogramFigure = (title: string, id: string, lengths: Histogram) => {
  const { bins } = lengths;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const step = width / Math.max(1, bins.length);
  return html`<figure class="histogram" data-testid="lengths-${id}">
    <figcaption><strong>${title}</strong> <span class="quiet">median ${number(lengths.median)}, 95 % up to ${number(lengths.p95)}, longest ${number(lengths.max)}</span></figcaption>
    <svg viewBox="0 0 ${width} ${height + 14}" role="img" aria-label="${title}: lengths of ${count(lengths.count)} texts, from ${lengths.min} to ${lengths.max} tokens">
      ${bins.map(
        (bin, i) =>
          svg`<rect x=${i * step + 1} width=${Math.max(1, step - 2)} y=${height - (bin.count / most) * height} height=${(bin.count / most) * height}></rect>
          <text x=${i * step + step / 2} y=${height + 11} text-anchor="middle">${bins.length > 9 && i % 2 === 1 ? '' : bin.from}</text>`,
      )}
      <line x1="0" x2=${width} y1=${height} y2=${height}></line>
    </svg>
    <details class="numbers"><summary>Numbers</summary>
      <table><thead><tr><th scope="col">Tokens</th><th scope="col">Texts</th></tr></thead>
      <tbody>${bins.map((bin) => html`<tr><td>${bin.from} to ${bin.to}</td><td>${count(bin.count)}</td></tr>`)}</tbody></table>
    </details>
  </figure>`;
};
