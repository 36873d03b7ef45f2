import { html, nothing } from 'lit';

/** What is wrong, a line each, said aloud when it comes; nothing where nothing is. */
export const problemList = (testid: string, lines: readonly unknown[]) =>
  lines.length === 0
    ? nothing
    : html`<div class="field-problem" role="alert" data-testid=${testid}><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></div>`;
