import { html, nothing } from 'lit';
import { AppElement, define } from '../element';
import { bytes, count, duration, fieldValue } from '../format';
import { withValue } from './fields';

/** What the run would take, part by part, and what would make it fit. */
export class EstimatePanel extends AppElement {
  protected watched() {
    return ['estimate', 'estimated', 'estimateProblem', 'document', 'status'] as const;
  }

  override render() {
    const { estimate, estimated, estimateProblem, document } = this.state;
    if (estimateProblem)
      return html`<div class="estimate" data-testid="estimate"><h3 id="estimate-title" tabindex="-1">What it takes</h3><p class="quiet">Cannot be said yet: ${estimateProblem}</p></div>`;
    if (!estimate || !document)
      return html`<div class="estimate" data-testid="estimate"><h3 id="estimate-title" tabindex="-1">What it takes</h3><p class="hint">Being worked out…</p></div>`;
    const { parts, totalBytes, limitBytes, secondsPerStep, tokensPerStep, longest, fits, problem, remedies } =
      estimate;
    const most = Math.max(1, ...parts.map((p) => p.bytes));
    return html`<div class="estimate ${estimated ? '' : 'is-stale'}" data-testid="estimate" data-fits=${String(fits)} aria-busy=${String(!estimated)}>
      <h3 id="estimate-title" tabindex="-1">What it takes</h3>
      <p><strong>${bytes(Math.round(totalBytes))}</strong>${limitBytes === undefined ? '' : ` of ${bytes(Math.round(limitBytes))} to be had`}${secondsPerStep === undefined ? '' : `, ${secondsPerStep < 0.01 ? '' : 'about '}${duration(secondsPerStep)} a step (${duration(secondsPerStep * document.steps)} for ${count(document.steps)} steps)`}.
        <span class="quiet">For ${count(tokensPerStep)} tokens a step, the longest path ${count(longest)}.</span></p>
      ${
        fits
          ? nothing
          : html`<div class="trouble" data-testid="estimate-problem" role="status">
              <p><strong>It does not fit.</strong> ${problem}</p>
              ${
                remedies.length > 0
                  ? html`<ul class="remedies">${remedies.map(
                      (
                        remedy,
                        i,
                      ) => html`<li><button type="button" data-testid="remedy-${i}" @click=${() => this.app.editor.edit((d) => withValue(d, remedy.field, remedy.value))}>Set <code>${remedy.field}</code> to ${fieldValue(remedy.value)}</button>
                  <span>${remedy.why} Then ${bytes(Math.round(remedy.totalBytes))}.</span></li>`,
                    )}</ul>`
                  : nothing
              }
            </div>`
      }
      <table class="bars"><caption class="visually-hidden">Memory by part</caption>
        <thead class="visually-hidden"><tr><th scope="col">Part</th><th scope="col">Bytes</th><th scope="col">Share</th></tr></thead>
        <tbody>${parts.map(
          (p) => html`<tr><th scope="row">${p.what}</th><td class="amount">${bytes(Math.round(p.bytes))}</td>
        <td class="bar-cell" aria-hidden="true"><span style="inline-size: ${(100 * p.bytes) / most}%"></span></td></tr>`,
        )}</tbody></table>
    </div>`;
  }
}

define('estimate-panel', EstimatePanel);
