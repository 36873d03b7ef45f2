import { html } from 'lit';

/** The numbers of a drawing, behind it; the first cell of a row names the row. */
export const numbersTable = (
  id: string,
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
) => html`<details class="numbers">
  <summary>Show numbers<span class="visually-hidden"> of ${title}</span></summary>
  <div class="scroll" tabindex="0" role="group" aria-label="Numbers of ${title}">
    <table data-testid="${id}-table">
      <caption class="visually-hidden">${title}</caption>
      <thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
      <tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table>
  </div>
</details>`;
